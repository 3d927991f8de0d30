package stacks

import (
	"slices"
	"strings"
)

// route sets the parts of a site: for each host of its server, what is forwarded
// there, or why only Apache may.
func (c *apacheConfig) route(s *proxySite, n *apacheNode) {
	server := n
	for server.parent != nil && !server.ofServer() {
		server = server.parent
	}
	scopes := server.scopes()
	hosts := server.hosts()
	for _, scope := range scopes {
		if scope.section != nil && scope.section != n && scope.section.setsCORS() {
			continue // it is a site of its own
		}
		for _, d := range scope.named("proxypass", "proxypassmatch") {
			p, ok := scope.proxied(d, s.Path)
			if !ok {
				continue
			}
			p.in, p.cors = s.File, true
			p.Listen = server.listen()
			for _, at := range scopes {
				if at.section == nil || at.overlaps(&p.Part) {
					at.decides(&p)
				}
			}
			if len(hosts) == 0 && p.Barrier == "" && c.others(server) {
				p.Barrier = "requests for hosts that other virtual hosts have would be sent there, too"
			}
			t := &partTable{}
			t.add(p, hosts...)
			parts, losses := t.of(func(*served) bool { return true })
			for _, part := range parts {
				if !slices.ContainsFunc(s.Parts, func(o Part) bool { return o.Path == part.Path && o.Host == part.Host && o.Match == part.Match }) {
					s.Parts = append(s.Parts, part)
				}
			}
			for _, r := range losses {
				s.remark(r.Kind, r.Field, r.Text, proxyPlace{r.File, r.Span})
			}
		}
	}
	if len(s.Parts) > 0 {
		s.Upstream = s.Parts[0].Upstream
	}
}

// apacheScope is what applies to requests of a server: its own lines, those around
// it, and those of sections in both, which have section.
type apacheScope struct {
	*apacheNode

	section *apacheNode
}

// scopes returns the scopes of a server; its own lines come first.
func (n *apacheNode) scopes() (list []apacheScope) {
	chain := n.chain()
	slices.Reverse(chain)
	for _, server := range chain {
		list = append(list, apacheScope{server, nil})
	}
	for _, server := range chain {
		for _, d := range server.children {
			if d.isContext() && !d.ofServer() && !strings.HasPrefix(d.kind, "directory") && !d.hidesHtaccess() {
				list = append(list, apacheScope{d, d})
			}
		}
	}
	return list
}

// hidesHtaccess reports whether a section is only for files such as .htaccess, which
// no upstream has.
func (n *apacheNode) hidesHtaccess() bool {
	name := n.arg(len(n.args) - 1)
	return n.kind == "files" && len(n.args) == 1 && strings.HasPrefix(name, ".ht") ||
		strings.HasPrefix(n.kind, "files") && strings.HasPrefix(name, `^\.ht`) && !strings.Contains(name, "|")
}

// prefix returns the path of a section; ok is false if that is not all that it says.
func (s apacheScope) prefix() (path string, ok bool) {
	path = s.arg(0)
	if s.kind != "location" || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "*?["+proxyUnknown) {
		return "", false
	}
	return strings.TrimSuffix(path, "/"), true
}

// overlaps reports whether a section may have requests of a part.
func (s apacheScope) overlaps(p *Part) bool {
	path, _ := s.prefix()
	return pathsMeet(path, p.Path)
}

// target returns the index of the URL that a line ProxyPass forwards to; -1 if it
// is not one that a route can have.
func (n *apacheNode) target() int {
	return slices.IndexFunc(n.args, func(arg string) bool {
		return (strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")) && !strings.Contains(arg, proxyUnknown)
	})
}

// proxied returns the part that a line ProxyPass forwards, of the paths of a site;
// ok is false if it forwards none of them.
func (s apacheScope) proxied(d *apacheNode, path string) (p served, ok bool) {
	i := d.target()
	if i < 0 {
		return p, false
	}
	p.title = strings.TrimSpace(d.Name.Text + " " + d.arg(0))
	from, known := "", true
	if s.section != nil {
		from, known = s.prefix()
		from = firstOf(s.arg(0), from)
	}
	switch {
	case d.kind == "proxypassmatch" || strings.Contains(d.args[i], "$") || !known:
		p.Match, p.Upstream, p.Path = p.title, d.args[i], path
		return p, true
	case i == 1 && strings.HasPrefix(d.args[0], "/"):
		from = d.args[0]
	}
	if from == "/" {
		from = ""
	}
	p.Upstream = apacheTarget(firstOf(from, "/"), d.args[i])
	switch {
	case from == "" || strings.HasPrefix(path, from):
		if p.Path = path; p.Upstream != apacheTarget("", p.Upstream) && path != from {
			p.Upstream = strings.TrimSuffix(p.Upstream, "/") + "/" + strings.TrimPrefix(strings.TrimPrefix(path, from), "/")
		}
	case strings.HasPrefix(from, path):
		p.Path = from
	default:
		return p, false
	}
	return p, true
}

// apacheAnswers are the directives that answer requests, or change where they go.
var apacheAnswers = []string{
	"redirect", "redirectmatch", "redirectpermanent", "redirecttemp", "deny", "secruleengine", "luahookaccesschecker", "luahookauthchecker", "luahooktranslatename", "sslrequire", "sslrequiressl",
}

// decides is about the lines of a scope that decide about the requests of a part.
func (s apacheScope) decides(p *served) {
	s.inside(func(d *apacheNode) {
		if d.Section || p.Barrier != "" {
			return
		}
		first := strings.ToLower(d.arg(0))
		switch why := d.Name.Text + " " + d.arg(0) + " of " + s.title() + " decides about its requests" + notCarried; {
		case d.kind == "proxypreservehost":
			p.PreserveHost = first == "on"
		case d.kind == "require" && (first != "all" || strings.ToLower(d.arg(1)) != "granted") && first != "method",
			slices.Contains(apacheAnswers, d.kind) && first != "off",
			d.kind == "sslverifyclient" && first != "none",
			d.kind == "allow" && strings.ToLower(d.arg(1)) != "all",
			d.kind == "rewriterule" && !d.rewritesOnly(s.apacheNode):
			p.Barrier = why
		case (d.kind == "proxypass" || d.kind == "proxypassmatch") && d.target() < 0:
			if s.section != nil || d.kind == "proxypassmatch" || pathsMeet(d.arg(0), p.Path) {
				p.Barrier = strings.ReplaceAll(strings.Join(append([]string{d.Name.Text}, d.args...), " "), proxyUnknown, "…") + " keeps some of its requests from the upstream" + notCarried
			}
		case d.kind == "requestheader" && first != "unset" && first != "early":
			if strings.EqualFold(d.arg(1), "Host") {
				p.giveHost(d.arg(2), d.whole().Span)
			} else {
				p.giveHeader("RequestHeader", d.arg(1), d.whole().Span)
			}
		case d.kind == "requestheader", d.kind == "substitute", d.kind == "proxypassreversecookiedomain", d.kind == "proxypassreversecookiepath", d.kind == "limitrequestbody":
			p.lose(d.whole().Span, "%s applies to %s"+notCarried+".", strings.TrimSpace(d.Name.Text+" "+d.arg(1)), p.title)
		}
	})
}

// rewritesOnly reports whether a RewriteRule is for preflights, for WebSockets or for
// requests without TLS only, or sets nothing but variables.
func (n *apacheNode) rewritesOnly(in *apacheNode) bool {
	if n.arg(1) == "-" && !slices.ContainsFunc(apacheFlags(n.arg(2)), func(f string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(f)), "=")
		return !slices.Contains([]string{"E", "ENV", "NC", "NE", ""}, name)
	}) {
		return true
	}
	harmless := false
	for _, d := range in.named("rewritecond", "rewriterule") {
		switch {
		case d == n:
			return harmless
		case d.kind == "rewriterule":
			harmless = false
		case slices.ContainsFunc(apacheFlags(d.arg(2)), func(f string) bool { return strings.HasPrefix(strings.ToUpper(f), "OR") }):
			return false
		default:
			tested, value := strings.ToUpper(d.arg(0)), strings.ToUpper(d.arg(1))
			harmless = harmless || strings.Contains(tested, "REQUEST_METHOD") && strings.Trim(value, "=^$") == "OPTIONS" ||
				strings.Contains(tested, "HTTP:UPGRADE") && strings.Contains(value, "WEBSOCKET") ||
				strings.HasPrefix(n.arg(1), "https://") && (strings.Contains(tested, "HTTPS") || strings.Contains(tested, "X-FORWARDED-PROTO"))
		}
	}
	return harmless
}

// hosts returns the names of a virtual host.
func (n *apacheNode) hosts() (names []string) {
	for _, d := range n.named("servername", "serveralias") {
		for _, name := range d.args {
			if _, after, ok := strings.Cut(name, "://"); ok {
				name = after
			}
			if n.kind == "virtualhost" {
				names = append(names, name)
			}
		}
	}
	return names
}

// listen returns where a virtual host listens.
func (n *apacheNode) listen() string {
	var ports []string
	for _, address := range n.args {
		ports = append(ports, address[strings.LastIndexByte(address, ':')+1:])
	}
	if n.kind != "virtualhost" || slices.Contains(ports, "*") {
		return ""
	}
	return listenPorts(ports...)
}

// others reports whether another virtual host than a server has a name.
func (c *apacheConfig) others(server *apacheNode) bool {
	return slices.ContainsFunc(c.tops, func(top *apacheNode) bool {
		return slices.ContainsFunc(top.children, func(n *apacheNode) bool { return n.kind == "virtualhost" && n != server && len(n.hosts()) > 0 })
	})
}
