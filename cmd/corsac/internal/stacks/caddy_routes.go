package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// route sets the parts of a scope: for each host of the site, what it forwards to, or
// why only Caddy may.
func (c *caddyConfig) route(s *proxySite, site *caddyHostBlock, scope caddyScope) {
	hosts, odd := site.hosts()
	if scope.host != "" {
		hosts, odd = []string{scope.host}, ""
	}
	barrier := site.guard(scope.path)
	switch {
	case barrier != "":
	case odd != "":
		barrier = "the gateway has no hosts like " + odd
	case c.others(site, hosts):
		barrier = "requests for hosts that other sites have would be sent there, too"
	}
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	for _, d := range site.proxies() {
		at := d.paths()
		if !caddyOverlap(at, scope.path) {
			continue
		}
		part := Part{Path: s.Path, Exact: s.Exact, Upstream: d.upstream(), Barrier: barrier, Listen: site.listen()}
		if part.PreserveHost = d.keepsHost(); part.Barrier == "" {
			d.hostRemark(s, part.Upstream)
			site.wildcardRemark(s, hosts)
		}
		if at != "" && at != scope.path {
			part.Path, part.Exact = strings.TrimSuffix(at, "*"), !strings.Contains(at, "*")
		}
		if strings.Contains(part.Path, "*") {
			part.Path, part.Match = "", "path "+at
		}
		for _, part.Host = range hosts {
			if !slices.Contains(s.Parts, part) {
				s.Parts = append(s.Parts, part)
			}
		}
	}
}

// wildcardRemark says that the gateway has more hosts than a site.
func (n *caddyHostBlock) wildcardRemark(s *proxySite, hosts []string) {
	for _, host := range hosts {
		if domain, ok := strings.CutPrefix(host, "*."); ok {
			s.remark(Wider, "", fmt.Sprintf("%s is one name below %s in Caddy, such as a.%[2]s; a route has a.b.%[2]s, too.", host, domain), n.head())
		}
	}
}

// others reports whether another site has hosts that those of a site stand for.
func (c *caddyConfig) others(site *caddyHostBlock, hosts []string) bool {
	return slices.ContainsFunc(c.sites, func(o *caddyHostBlock) bool {
		names, odd := o.hosts()
		if o == site {
			return false
		}
		if len(hosts) == 0 {
			return len(names) > 0 || odd != ""
		}
		return slices.ContainsFunc(hosts, func(host string) bool {
			return strings.HasPrefix(host, "*") && (odd != "" || slices.ContainsFunc(names, func(name string) bool { return name != host && hostWithin(name, host) }))
		})
	})
}

// hosts returns the hosts of a site as the gateway has them, and one that it has not.
func (n *caddyHostBlock) hosts() (names []string, odd string) {
	for _, w := range n.words {
		for address := range strings.SplitSeq(w.text, ",") {
			name := strings.ToLower(address)
			if _, after, ok := strings.Cut(name, "://"); ok {
				name = after
			}
			name, path, _ := strings.Cut(name, "/")
			if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
				name = name[:i]
			}
			bare := strings.TrimPrefix(name, "*.")
			switch {
			case name == "" && path == "":
			case path != "", strings.Trim(bare, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
				odd = strings.ReplaceAll(address, proxyUnknown, "…")
			default:
				names = append(names, name)
			}
		}
	}
	return names, odd
}

// listen says where a site listens.
func (n *caddyHostBlock) listen() string {
	var ports []string
	for _, w := range n.words {
		for address := range strings.SplitSeq(w.text, ",") {
			port := "443"
			if i := strings.LastIndexByte(address, ':'); i >= 0 && address[i+1:] != "" && strings.Trim(address[i+1:], "0123456789") == "" {
				port = address[i+1:]
			}
			ports = append(ports, port)
		}
	}
	return listenPorts(ports...)
}

// headerUp returns the line that sets the Host for an upstream, or nil.
func (n *caddyNode) headerUp() (found *caddyNode) {
	for _, c := range n.children {
		if c.word(0) == "header_up" && strings.EqualFold(strings.TrimLeft(c.word(1), "+"), "Host") {
			found = c
		}
	}
	return found
}

// caddyHosts are the placeholders for the Host of a request.
var caddyHosts = []string{"{host}", "{hostport}", "{http.request.host}", "{http.request.hostport}"}

// keepsHost reports whether an upstream gets the Host of a request. Without a line
// about it, it does; an upstream with TLS does not since Caddy 2.11.
func (n *caddyNode) keepsHost() bool {
	if up := n.headerUp(); up != nil {
		return slices.Contains(caddyHosts, up.word(2))
	}
	return !strings.HasPrefix(n.upstream(), "https://")
}

// hostRemark says that an upstream gets a Host which a route does not give it.
func (n *caddyNode) hostRemark(s *proxySite, upstream string) {
	up := n.headerUp()
	if up == nil || n.keepsHost() || ownHost(up.word(2), upstream) || strings.Contains(up.word(2), "upstream.host") || strings.Contains(up.word(2), "upstream_host") {
		return
	}
	s.remark(Lost, "", "The upstream gets "+up.word(2)+" as its Host; from a route, it gets that of its URL.", up.head())
}

// paths returns the pattern of the paths of a directive, of its own or of a block
// around it; "" for all.
func (n *caddyNode) paths() string {
	for p := n; p != nil && p.parent != nil; p = p.parent {
		matcher, _ := p.split()
		if path := p.onlyPath(matcher); path != "" {
			return path
		}
	}
	return ""
}

// caddyOverlap reports whether two patterns may have paths in common.
func caddyOverlap(a, b string) bool {
	a, _, _ = strings.Cut(a, "*")
	b, _, _ = strings.Cut(b, "*")
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// caddyGuards are the directives that refuse requests, or change where they go.
var caddyGuards = []string{
	"basic_auth", "basicauth", "forward_auth", "jwtauth", "authorize", "authenticate", "abort", "error", "rewrite", "uri", "redir", "method", "rate_limit", "client_auth",
}

// guard says why only Caddy may forward requests for some paths; "" if there is no
// reason.
func (n *caddyHostBlock) guard(path string) (why string) {
	n.each(func(d *caddyNode) {
		matcher, rest := d.split()
		name := d.word(0)
		if why != "" || !caddyOverlap(d.paths(), path) || d.within("handle_errors") {
			return
		}
		switch {
		case slices.Contains(caddyGuards, name):
			why = name + " applies to it, and is not carried over"
		case name == "respond" && !d.forOptions(matcher):
			why = "Caddy answers some of its requests with respond"
		case (name == "request_header" || name == "header_up") && len(rest) > 0 && isCredential(strings.TrimLeft(rest[0].text, "+-?>")):
			why = name + " " + rest[0].text + " gives the upstream a credential, and is not carried over"
		}
	})
	return why
}

// within reports whether a directive stands in another of a name.
func (n *caddyNode) within(name string) bool {
	for p := n.parent; p != nil; p = p.parent {
		if p.word(0) == name {
			return true
		}
	}
	return false
}

// forOptions reports whether a directive, or a block around it, is for OPTIONS only.
func (n *caddyNode) forOptions(matcher string) bool {
	if n.only(matcher, "method") == "OPTIONS" {
		return true
	}
	if n.parent == nil {
		return false
	}
	above, _ := n.parent.split()
	return n.parent.forOptions(above)
}
