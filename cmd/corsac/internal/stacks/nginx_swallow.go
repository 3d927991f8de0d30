package stacks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// close puts a barrier before the parts whose route would have requests that nginx
// treats in another way: those for a location below, which may have no route of its
// own, and those for hosts that another server has.
func (r *nginxRouting) close() {
	for _, s := range r.sites {
		for i := range s.parts {
			if p := &s.parts[i]; p.open() {
				p.Barrier = r.below(s, p)
			}
		}
	}
	for _, s := range r.sites {
		for i := range s.parts {
			if p := &s.parts[i]; p.open() && (p.Host == "" || p.Host[0] == '*') {
				p.Barrier = r.elsewhere(p)
			}
		}
	}
}

// below says why the route of a part would have requests that it must not have, for
// a location that no site has; "" if it would not. What nginx answers itself is
// remarked.
func (r *nginxRouting) below(s *nginxSite, p *nginxPart) string {
	for _, l := range r.locations[p.node.up("server")] {
		if r.work++; r.large() {
			break
		}
		if l == p.node || r.routed[l] || !l.takesFrom(p.node) {
			continue
		}
		switch guard := r.guard(l); {
		case guard != "":
			return fmt.Sprintf("%s is below it, and %s", l.title(), guard)
		case l.passes() != nil:
			return fmt.Sprintf("%s is below it and has no CORS headers, and the route would add them", l.title())
		}
		s.remark(Lost, "", fmt.Sprintf("nginx itself answers requests for %s, which would go where those for %s go.", l.title(), p.node.title()), l, headOf(l))
	}
	return ""
}

// takesFrom reports whether a location may have requests whose paths are also those
// of another, in the same server.
func (n *nginxNode) takesFrom(block *nginxNode) bool {
	if strings.HasPrefix(n.arg(1), "@") || len(n.named("internal")) > 0 || block.exact() {
		return false
	}
	if n.parent != block && n.parent.kind == "location" && !n.parent.takesFrom(block) && !below(block.prefix(), n.parent.prefix()) && !block.within([]*nginxNode{n.parent}) {
		return false
	}
	path, prefix := n.prefix(), block.prefix()
	if n.arg(1) == "~*" || block.arg(1) == "~*" {
		path, prefix = strings.ToLower(path), strings.ToLower(prefix)
	}
	if strings.HasPrefix(n.arg(1), "~") {
		if block.arg(1) == "^~" && n.parent != block {
			return false
		}
		if literal, ok := n.literal(); ok && !below(path, prefix) {
			return strings.HasPrefix(prefix+"/", literal) // it may end within a segment
		}
		return path == "" || prefix == "" || below(path, prefix) || below(prefix, path)
	}
	return path != "" && (path != prefix || n.exact()) && (prefix == "" || below(path, prefix))
}

// literal returns what all paths begin with which the expression of a location
// matches, if it says nothing else; in lower case where the case does not matter.
func (n *nginxNode) literal() (string, bool) {
	text, absolute := strings.CutPrefix(n.arg(2), "^/")
	if !absolute || regexp.QuoteMeta(text) != text {
		return "", false
	}
	if n.arg(1) == "~*" {
		text = strings.ToLower(text)
	}
	return "/" + text, true
}

// elsewhere says why the route of a part for many hosts would have requests for
// another server; "" if it would not.
func (r *nginxRouting) elsewhere(p *nginxPart) string {
	server := p.node.up("server")
	for _, other := range r.servers {
		if r.work++; r.large() {
			break
		}
		if server == nil || other == server || !sameNginx(other, server) || other.redirects() {
			continue
		}
		names, odd := r.hosts(other)
		names = slices.DeleteFunc(append(names, odd...), func(name string) bool { return name == p.Host || !hostWithin(name, p.Host) })
		if len(names) > 0 && !r.covered(other, p.Path) {
			return fmt.Sprintf("requests for %s, which another server answers, would be sent there, too", strings.Join(names, ", "))
		}
	}
	return ""
}

// covered reports whether a server has a route for all paths below another.
func (r *nginxRouting) covered(server *nginxNode, path string) bool {
	return slices.ContainsFunc(r.sites, func(s *nginxSite) bool {
		r.work += len(s.parts)
		return slices.ContainsFunc(s.parts, func(p nginxPart) bool {
			return p.open() && !p.Exact && p.node.up("server") == server && (p.Path == "" || path != "" && below(path, p.Path))
		})
	})
}

// redirects reports whether a server only redirects.
func (n *nginxNode) redirects() bool {
	return slices.ContainsFunc(n.named("return"), func(r *nginxNode) bool {
		return strings.HasPrefix(r.arg(1), "30") || len(r.args()) == 1 && strings.Contains(r.arg(1), "://")
	})
}

// sameNginx reports whether two blocks are of one nginx: files that no nginx.conf
// includes may be of one.
func sameNginx(a, b *nginxNode) bool {
	a, b = a.top(), b.top()
	return a == b || a.kind != "main" && b.kind != "main"
}
