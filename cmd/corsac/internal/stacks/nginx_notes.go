package stacks

import (
	"slices"
	"strings"
)

// noteUncovered says which servers have no CORS headers, before and after.
func (p *nginxPlan) noteUncovered(servers []*nginxNode) {
	for _, server := range servers {
		if !slices.ContainsFunc(p.targets, func(t *nginxTarget) bool { return t.block.up("server") == server }) {
			p.note("%s has no CORS headers, and is left as it is.", server.title())
		}
	}
	var changed []string
	for _, t := range p.targets {
		if title := t.block.title(); t.block.kind == "location" && !slices.Contains(changed, title) {
			changed = append(changed, title)
		}
	}
	if len(changed) > 0 && p.want.Path == "" && !p.whole {
		p.note("Only places that had headers are changed: %s. --path chooses others.", strings.Join(changed, ", "))
	}
}

// noteRemoved says what is no longer allowed, and what is shorter.
func (p *nginxPlan) noteRemoved(t *nginxTarget) {
	if gone := p.want.gone(t.draft); len(gone) > 0 {
		p.note("No longer allowed in %s: %s.", t.block.title(), strings.Join(gone, ", "))
	}
	for _, r := range t.draft.Remarks {
		if r.Kind == Differs && r.Field == "max_age" && !p.want.Mentions("max_age") {
			p.note("Access-Control-Max-Age in %s is now %d: %s", t.block.title(), nginxMaxAgeSeconds, r.Text)
		}
	}
}

// noteLimits says which methods nginx itself refuses.
func (p *nginxPlan) noteLimits(t *nginxTarget) {
	t.block.each(func(n *nginxNode) {
		if n.kind != "limit_except" {
			return
		}
		refused := slices.DeleteFunc(slices.Clone(t.policy.AllowMethods), func(m string) bool { return m == "*" || slices.Contains(n.args(), m) })
		if len(refused) > 0 {
			p.note("limit_except in %s refuses %s; if pages are to use that, list it there.", n.parent.title(), strings.Join(refused, ", "))
		}
	})
}

// noteLeft says which includes in and around the targets could not be followed.
func (p *nginxPlan) noteLeft() {
	for _, n := range p.config.left {
		if slices.ContainsFunc(p.targets, func(t *nginxTarget) bool { return n.parent.isIn(t.block) || t.block.isIn(n.parent) }) {
			at := n.file.Place(n.Start)
			p.note("%s:%d: include %s could not be followed. If that file sets headers, this may not be enough: look at it, or run corsac where it is.", at.File, at.Line, n.arg(1))
		}
	}
}

// isIn reports whether a block is another, or in it.
func (n *nginxNode) isIn(other *nginxNode) bool {
	for ; n != nil; n = n.parent {
		if n == other {
			return true
		}
	}
	return false
}

// noteSimple says which methods a line that is deleted has, and the new one has not.
func (l *nginxLines) noteSimple(n *nginxNode) {
	if !n.setsCORS() || !strings.EqualFold(n.arg(1), "Access-Control-Allow-Methods") {
		return
	}
	if slices.ContainsFunc(l.block.named("add_header"), func(o *nginxNode) bool {
		return o != n && strings.EqualFold(o.arg(1), n.arg(1)) && !l.plan.text.gone(o)
	}) {
		return // another line has them
	}
	old := splitNames(n.arg(2))
	if simple := slices.DeleteFunc(old, func(s string) bool { return len(bareMethods([]string{s})) > 0 }); len(simple) > 0 {
		l.plan.note("%s in Access-Control-Allow-Methods is not written again: browsers send that without asking.", strings.Join(simple, ", "))
	}
}
