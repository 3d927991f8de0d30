package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

func insertAt(offset int, text string) source.Edit { return source.Insert(offset, text) }

// chooseOrigin decides the value of Access-Control-Allow-Origin, and writes the
// map that it needs.
func (p *nginxPlan) chooseOrigin(t *nginxTarget) {
	d := t.plan
	if line := t.originLine(); line != nil && p.originIsRight(t) {
		t.origin = line.arg(2)
		return
	}
	switch {
	case d.any:
		t.origin = "*"
		return
	case len(d.exact) == 1 && len(d.patterns)+len(d.regexps) == 0:
		t.origin = d.exact[0]
		return
	}
	key := policyKey(t.policy)
	if name := p.names[key]; name != "" {
		t.origin = "$" + name
		return
	}
	if m := p.mapOf(t); m != nil {
		p.editMap(m, t)
		p.names[key] = strings.TrimPrefix(m.arg(2), "$")
		t.origin = m.arg(2)
		return
	}
	name := p.free("cors_origin", func(*nginxNode) bool { return false })
	p.config.taken[name] = true
	p.names[key] = name
	t.origin = "$" + name
	server := t.block.up("server")
	if server == nil || server.Directive == nil { // a map may not stand there
		t.choose = []string{
			"set $" + name + ` "";`,
			"if ($http_origin ~ " + inQuotes(d.expression()) + ") {",
			"\tset $" + name + " $http_origin;",
			"}",
		}
		return
	}
	lines := []string{"map $http_origin $" + name + " {", "\tdefault \"\";"}
	for _, o := range t.wantedOrigins() {
		lines = append(lines, "\t"+inQuotes("~"+o.expression)+" $http_origin;")
	}
	p.text.before(server, append(lines, "}", ""), true)
}

// originLine returns the line of a target that sends Access-Control-Allow-Origin,
// or nil.
func (t *nginxTarget) originLine() *nginxNode {
	for _, n := range t.block.named("add_header") {
		if strings.EqualFold(n.arg(1), "Access-Control-Allow-Origin") {
			return n
		}
	}
	return nil
}

// originIsRight reports whether the line that is there allows what is wanted.
func (p *nginxPlan) originIsRight(t *nginxTarget) bool {
	b := p.config.behaviour(t.block)
	s := &nginxSite{Site: &Site{File: t.block.file}, node: t.block, behaviours: []*nginxBehaviour{b}}
	s.origins(p.config, b)
	for _, r := range s.Draft.Remarks {
		if !r.Kind.carried() {
			return false
		}
	}
	var got cors.Policy
	for _, e := range s.Draft.Entries {
		if e.Field == "allow_origins" {
			got.AllowOrigins = append(got.AllowOrigins, e.Value)
		} else {
			got.DangerouslyAllowOriginRegexps = append(got.DangerouslyAllowOriginRegexps, e.Value)
		}
	}
	for _, r := range b.replies() {
		for _, h := range r.values("Access-Control-Allow-Origin") {
			s.lintOrigin(h, false)
		}
	}
	s.lintComparisons(p.config, b)
	if slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Rule.Severity != nginxFragile.Severity && f.Rule != nginxWide }) {
		return false
	}
	return slices.Equal(originsOf(&got), originsOf(t.policy))
}

// nginxOrigin is an origin or pattern with the expression that matches it.
type nginxOrigin struct{ name, expression string }

// wantedOrigins returns the origins of the policy.
func (t *nginxTarget) wantedOrigins() (list []nginxOrigin) {
	for _, s := range t.plan.exact {
		list = append(list, nginxOrigin{s, "^" + regexp.QuoteMeta(s) + "$"})
	}
	for _, w := range t.plan.patterns {
		list = append(list, nginxOrigin{w.String(), wildcard(w).anchored()})
	}
	for _, re := range t.plan.regexps {
		for _, name := range originsIn(re.re) {
			if listed, ok := listedOrigins(re.re); ok && len(listed) > 0 {
				list = append(list, nginxOrigin{name, "^" + regexp.QuoteMeta(name) + "$"})
			} else {
				list = append(list, nginxOrigin{name, re.anchored()})
			}
		}
	}
	return list
}

// mapOf returns the map that a target's origins come from, if it can be changed:
// nothing but this target, and those that are to do the same, uses it.
func (p *nginxPlan) mapOf(t *nginxTarget) *nginxNode {
	line := t.originLine()
	if line == nil {
		return nil
	}
	name, ok := strings.CutPrefix(line.arg(2), "$")
	m := p.config.maps[strings.ToLower(strings.Trim(name, "{}"))]
	if !ok || m == nil || strings.Trim(m.arg(1), "{}") != "$http_origin" && m.arg(1) != "${http_origin}" {
		return nil
	}
	key, mine := policyKey(t.policy), true
	for _, top := range p.config.tops {
		top.each(func(n *nginxNode) {
			if n.kind != "add_header" || !slices.Contains(n.args(), line.arg(2)) {
				return
			}
			block := n.parent
			if block.kind == "if" {
				block = block.parent
			}
			mine = mine && slices.ContainsFunc(p.targets, func(o *nginxTarget) bool {
				return policyKey(o.policy) == key && slices.Contains(p.leaves(o), block)
			})
		})
	}
	if !mine {
		return nil
	}
	return m
}

// editMap changes the entries of a map: those that are not wanted go, those that
// match too much are replaced, and those that are missing are added.
func (p *nginxPlan) editMap(m *nginxNode, t *nginxTarget) {
	missing := t.wantedOrigins()
	wanted := func(name string) int {
		return slices.IndexFunc(missing, func(o nginxOrigin) bool { return o.name == name })
	}
	last := m
	for _, e := range m.children {
		c, ok := nginxKey(e)
		switch {
		case !ok && len(e.Words) == 2:
			last = e
			if e.arg(1) != "" {
				p.text.replace(e, 1, `""`)
			}
			continue
		case !ok, e.arg(1) == "" || c.text == "":
			continue
		}
		names, faulty := p.meaning(&c)
		word, narrow := p.narrowed(e, &c, names)
		if len(names) == 0 || faulty && !narrow && len(names) > 1 || slices.ContainsFunc(names, func(s string) bool { return wanted(s) < 0 }) {
			p.text.delete(e)
			continue
		}
		if !narrow {
			word = inQuotes("~" + missing[wanted(names[0])].expression)
		}
		if w := e.Words[0]; faulty && e.file.Text[w.Start:w.End] != word {
			p.text.replace(e, 0, word)
		}
		if v := e.arg(1); v != "$http_origin" && v != "${http_origin}" && !strings.EqualFold(v, names[0]) {
			p.text.replace(e, 1, "$http_origin")
		}
		missing = slices.DeleteFunc(missing, func(o nginxOrigin) bool { return slices.Contains(names, o.name) })
		last = e
	}
	var lines []string
	for _, o := range missing {
		lines = append(lines, inQuotes("~"+o.expression)+" $http_origin;")
	}
	switch {
	case len(lines) == 0:
	case last == m:
		p.text.top(m, lines)
	default:
		p.text.after(last, lines)
	}
}

// narrowed returns the word of a map's entry with an expression for the same
// origins, with as little changed as possible: it has anchors, and its dots are
// escaped. It is not ok if that does not make the expression right.
func (p *nginxPlan) narrowed(e *nginxNode, c *nginxCompared, names []string) (word string, ok bool) {
	next := *c
	next.text, _ = escapeDots(c.text)
	_, atStart, atEnd := withoutAnchors(next.text)
	if !atStart {
		next.text = "^" + next.text
	}
	if !atEnd {
		next.text += "$"
	}
	meant, _ := p.meaning(&next)
	r := p.config.reading(&next)
	word = e.file.Text[e.Words[0].Start:e.Words[0].End]
	if !c.expression || len(alternativesOutside(c.text)) > 1 || r.err != nil || r.Unanchored || r.dots > 0 || !slices.Equal(meant, names) || strings.Count(word, c.text) != 1 {
		return "", false
	}
	return strings.Replace(word, c.text, next.text, 1), true
}

// meaning returns the origins that something compared with stands for, and
// whether it matches more than it seems to.
func (p *nginxPlan) meaning(c *nginxCompared) (names []string, faulty bool) {
	if !c.expression {
		return []string{strings.ToLower(c.text)}, false
	}
	r := p.config.reading(c)
	if r.err != nil || r.Everything {
		return nil, true
	}
	names = slices.Clone(r.Origins)
	for _, re := range r.Regexps {
		names = append(names, originsIn(re)...)
	}
	return names, r.Unanchored || r.dots > 0 || r.miss != ""
}

// sweep deletes what only the deleted lines used: variables, the ifs that set
// them, and maps.
func (p *nginxPlan) sweep() {
	for again := true; again; {
		again = false
		used, dropped := map[string]bool{}, map[string]bool{}
		var sets []*nginxNode
		for _, top := range p.config.tops {
			top.each(func(n *nginxNode) {
				if n.Directive == nil {
					return
				}
				gone := p.text.gone(n)
				if n.kind == "set" && !gone {
					sets = append(sets, n)
				}
				p.variables(n, func(name string, replaced bool) {
					if gone || replaced {
						dropped[name] = true
					} else if n.kind != "set" || n.arg(1) != "$"+name {
						used[name] = true
					}
				})
			})
		}
		for _, text := range p.inserted() {
			for name := range variablesIn(text) {
				used[name] = true
			}
		}
		for _, n := range sets {
			name := strings.ToLower(strings.TrimPrefix(n.arg(1), "$"))
			if dropped[name] && !used[name] {
				p.text.delete(n)
				again = true
			}
		}
		again = p.sweepBlocks(used, dropped) || again
	}
}

// sweepBlocks deletes the ifs of which nothing is left, and maps without a use.
func (p *nginxPlan) sweepBlocks(used, dropped map[string]bool) (again bool) {
	for _, top := range p.config.tops {
		top.each(func(n *nginxNode) {
			if n.Directive == nil || p.text.gone(n) {
				return
			}
			switch n.kind {
			case "if":
				if len(n.children) > 0 && !slices.ContainsFunc(n.children, func(c *nginxNode) bool { return !p.text.gone(c) }) {
					p.text.delete(n)
					again = true
				}
			case "map":
				if name := strings.ToLower(strings.TrimPrefix(n.arg(2), "$")); dropped[name] && !used[name] {
					p.text.delete(n)
					again = true
				}
			}
		})
	}
	return again
}

// inserted returns the texts that the edits put in.
func (p *nginxPlan) inserted() (list []string) {
	for _, edits := range p.text.edits {
		for _, e := range edits {
			list = append(list, e.New)
		}
	}
	return list
}

// variables calls f for the variables in the words of a directive, also in those
// that are replaced; a map does not use its own.
func (p *nginxPlan) variables(n *nginxNode, f func(name string, replaced bool)) {
	for i, w := range n.Words {
		if n.kind == "map" && i == 2 {
			continue
		}
		for name := range variablesIn(w.Text) {
			f(name, p.text.replaced[nginxPlace{n.file.Name, w.Start}])
		}
	}
}

func variablesIn(text string) map[string]bool {
	names := map[string]bool{}
	for i := 0; i < len(text); i++ {
		if name, end := nginxVariable(text, i); end > i {
			names[strings.ToLower(name)] = true
		}
	}
	return names
}

// errorPages adds the headers to the locations of error pages, which are not
// inherited there.
func (p *nginxPlan) errorPages(t *nginxTarget, leaves []*nginxNode) {
	if t.block.kind != "location" {
		return
	}
	for _, leaf := range leaves {
		for _, page := range leaf.inherited("error_page") {
			to := p.config.errorLocation(leaf, page)
			switch {
			case to == nil || slices.Contains(leaves, to) || slices.ContainsFunc(p.targets, func(o *nginxTarget) bool { return slices.Contains(p.leaves(o), to) }):
				continue
			case p.config.sends(to, t):
				continue
			case !to.onlyErrors():
				p.note("error_page leads to %s, which answers other requests, too, and has no CORS headers: pages cannot read these errors.", to.title())
				continue
			}
			if t.origin == "" {
				p.chooseOrigin(t)
			}
			page := *t
			page.errors = true
			lines := nginxLines{plan: p, target: &page, block: to}
			lines.reconcile()
			lines.write()
		}
	}
}

// onlyErrors reports whether a location is for error pages only.
func (n *nginxNode) onlyErrors() bool {
	return n.kind == "location" && (len(n.named("internal")) > 0 || n.arg(1) == "=" || strings.HasPrefix(n.arg(1), "@"))
}

// sends reports whether a block sends the header as is wanted.
func (c *nginxConfig) sends(block *nginxNode, t *nginxTarget) bool {
	b := c.behaviour(block)
	if block.owner() == nil {
		return false
	}
	s := &nginxSite{Site: &Site{File: block.file}, node: block, behaviours: []*nginxBehaviour{b}}
	s.draft(c)
	got, err := s.Draft.Policy()
	return err == nil && policyKey(got) == policyKey(t.policy) && got.AllowCredentials == t.policy.AllowCredentials
}
