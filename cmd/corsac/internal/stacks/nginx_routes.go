package stacks

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// nginxPart is a part of the paths of a site, and the block that it is.
type nginxPart struct {
	Part

	node *nginxNode
}

// nginxRouting finds out which parts of the sites have routes.
type nginxRouting struct {
	*nginxConfig

	sites   []*nginxSite
	servers []*nginxNode
	// locations are those in servers, and forwards whether one forwards requests.
	locations map[*nginxNode][]*nginxNode
	forwards  bool
	// routed are the blocks that are parts of sites, and guards why only nginx may
	// forward the requests of blocks.
	routed map[*nginxNode]bool
	guards map[*nginxNode]string
}

// route adds the parts of the sites, and puts a barrier before those that have no
// route.
func (c *nginxConfig) route(sites []*nginxSite) {
	r := nginxRouting{nginxConfig: c, sites: sites, locations: map[*nginxNode][]*nginxNode{}, routed: map[*nginxNode]bool{}, guards: map[*nginxNode]string{}}
	for _, b := range c.blocks() {
		if b.kind == "server" {
			r.servers = append(r.servers, b)
		} else if server := b.up("server"); server != nil {
			r.locations[server] = append(r.locations[server], b)
		}
		r.forwards = r.forwards || b.passes() != nil
	}
	for _, s := range sites {
		for _, block := range s.blocks {
			r.add(s, block)
		}
	}
	r.close()
	for _, s := range sites {
		for i := range s.parts {
			s.Parts = append(s.Parts, s.parts[i].Part)
		}
	}
}

// add adds the parts that a block is: one for each name of its server.
func (r *nginxRouting) add(s *nginxSite, block *nginxNode) {
	r.routed[block] = true
	if block.kind == "server" && block.passes() == nil && len(block.inherited("root", "try_files")) == 0 {
		return // nothing is there
	}
	part := nginxPart{Part{Path: block.prefix(), Exact: block.exact(), Upstream: r.upstream(block), Barrier: r.guard(block), Listen: listenOf(block)}, block}
	if block.byExpression() {
		part.Match = block.title()
	}
	if part.Barrier == "" {
		s.Upstream = firstOf(s.Upstream, part.Upstream)
		r.unforwarded(s, &part)
	}
	names, odd := r.hosts(block.up("server"))
	for _, name := range names {
		part.Host = name
		s.parts = append(s.parts, part)
	}
	if part.Host = ""; len(odd) > 0 {
		part.Barrier = "the gateway has no hosts like " + strings.Join(odd, ", ")
	}
	if len(names) == 0 || len(odd) > 0 {
		s.parts = append(s.parts, part)
	}
}

// guard is that of the configuration, found out once.
func (r *nginxRouting) guard(block *nginxNode) string {
	why, ok := r.guards[block]
	if !ok {
		why = r.nginxConfig.guard(block)
		r.guards[block] = why
	}
	return why
}

// unforwarded says what of a part no route has: all of it, or what nginx does to its
// requests.
func (r *nginxRouting) unforwarded(s *nginxSite, p *nginxPart) {
	title := p.node.title()
	say := func(format string, args ...any) {
		s.remark(Lost, "", fmt.Sprintf(format, args...), p.node, headOf(p.node))
	}
	pass := p.node.passes()
	switch {
	case p.Upstream != "":
	case pass == nil:
		if r.forwards {
			say("nginx itself answers requests for %s, which is not carried over.", title)
		}
		return
	case pass.kind != "proxy_pass":
		say("%s in %s is not HTTP, so that it has no route.", pass.kind, title)
		return
	default:
		say("%s %s in %s is not an upstream that can be carried over, so that it has no route.", pass.kind, pass.arg(1), title)
		return
	}
	for _, name := range nginxUncarried {
		if list := p.node.inherited(name); len(list) > 0 {
			say("%s applies to %s, and is not carried over.", name, title)
		}
	}
	for _, h := range p.node.inherited("proxy_set_header") {
		switch {
		case strings.EqualFold(h.arg(1), "Host"):
			if p.PreserveHost = slices.Contains([]string{"$host", "$http_host", "$host:$server_port", "$host:$proxy_port"}, h.arg(2)); !p.PreserveHost && !ownHost(h.arg(2), p.Upstream) {
				say("The upstream of %s gets %s as its Host; from a route, it gets that of its URL.", title, h.arg(2))
			}
		case !isUsualHeader(h.arg(1)):
			say("proxy_set_header %s applies to %s, and is not carried over.", h.arg(1), title)
		}
	}
	if u := r.upstreamBlock(pass.arg(1)); u != nil {
		if rest := u.backends(); len(rest) > 1 {
			say("The upstream of %s has more servers, and a route has one: %s left out.", title, strings.Join(rest[1:], ", "))
		}
	}
}

// ownHost reports whether a name for an upstream is that of its URL, which a route
// gives to it.
func ownHost(name, upstream string) bool {
	_, rest, _ := strings.Cut(upstream, "://")
	address, _, _ := strings.Cut(rest, "/")
	host, _, _ := strings.Cut(address, ":")
	return name == "$proxy_host" || strings.EqualFold(name, address) || strings.EqualFold(name, host)
}

// listenOf says where the server of a block listens.
func listenOf(block *nginxNode) string {
	server := block.up("server")
	if server == nil {
		return ""
	}
	var ports []string
	for _, l := range server.named("listen") {
		address := l.arg(1)
		port := address[strings.LastIndexByte(address, ':')+1:]
		if strings.Trim(port, "0123456789") != "" {
			port = "80" // an address alone
		}
		ports = append(ports, port)
	}
	return listenPorts(ports...)
}

// nginxUncarried are directives that change requests, answers or how many there
// may be.
var nginxUncarried = []string{
	"limit_req", "limit_conn", "limit_rate", "sub_filter", "proxy_cookie_domain", "proxy_cookie_path", "proxy_cookie_flags", "proxy_method",
	"proxy_set_body", "proxy_ssl_certificate", "proxy_cache", "try_files", "mirror",
}

// isUsualHeader reports whether a header for the application is one that proxies
// set by themselves.
func isUsualHeader(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "x-forwarded-") || slices.Contains([]string{"host", "x-real-ip", "forwarded", "upgrade", "connection", "accept-encoding", "x-request-id"}, name)
}

// nginxGuards are the directives that refuse requests, other than those with
// parameters that matter.
var nginxGuards = []string{
	"auth_basic", "auth_request", "auth_jwt", "auth_ldap", "auth_pam", "auth_digest", "auth_gss", "ssl_verify_client", "secure_link", "modsecurity",
	"access_by_lua", "access_by_lua_block", "access_by_lua_file", "rewrite_by_lua", "rewrite_by_lua_block", "rewrite_by_lua_file",
}

// guard says why only nginx may forward the requests of a block: it refuses some of
// them, or changes where they go. It is "" if there is no reason.
func (c *nginxConfig) guard(block *nginxNode) string {
	const guards = " guards it, and is not carried over"
	for _, name := range nginxGuards {
		if list := block.inherited(name); len(list) > 0 && list[0].arg(1) != "off" {
			return name + guards
		}
	}
	if slices.ContainsFunc(block.inherited("allow", "deny"), func(n *nginxNode) bool { return n.kind == "deny" }) {
		return "deny" + guards
	}
	for _, name := range []string{"limit_except", "internal"} {
		if len(block.named(name)) > 0 {
			return name + guards
		}
	}
	for _, h := range block.inherited("proxy_set_header") {
		if isCredential(h.arg(1)) {
			return "proxy_set_header " + h.arg(1) + " gives the upstream a credential, and is not carried over"
		}
	}
	for _, b := range []*nginxNode{block.up("server"), block} {
		if b != nil && b.rewrites() {
			return "rewrite changes its paths, and is not carried over"
		}
	}
	return c.conditions(block)
}

// isCredential reports whether a header for the application says who sends a
// request.
func isCredential(name string) bool {
	name = strings.ToLower(name)
	return name == "cookie" || slices.ContainsFunc([]string{"auth", "token", "secret", "key", "user"}, func(part string) bool { return strings.Contains(name, part) })
}

// rewrites reports whether a block or an if in it rewrites paths.
func (n *nginxNode) rewrites() bool {
	return len(n.named("rewrite")) > 0 || slices.ContainsFunc(n.named("if"), (*nginxNode).rewrites)
}

// conditions says which answer of nginx, or which condition, keeps requests other
// than preflights from the application; "" if none does.
func (c *nginxConfig) conditions(block *nginxNode) string {
	b := c.behaviour(block)
	replies := []nginxReply{b.none, b.stranger.get}
	for i := range b.tried {
		replies = append(replies, b.tried[i].get)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		replies = append(replies, c.run(block, nginxRequest{method: method}))
	}
	for i := range replies {
		r := &replies[i]
		if r.at != nil && (r.status >= 400 || r.at != b.none.at) {
			return "nginx answers with return " + strconv.Itoa(r.status)
		}
		for _, n := range r.unsure {
			if !n.onlyRedirects() {
				return "if (" + strings.TrimPrefix(n.arg(1), "(") + " …) decides about it, and is not carried over"
			}
		}
	}
	return ""
}

// onlyRedirects reports whether an if sets headers, or redirects.
func (n *nginxNode) onlyRedirects() bool {
	return !slices.ContainsFunc(n.children, func(d *nginxNode) bool {
		return !slices.Contains([]string{"add_header", "more_set_headers", "access_log", "expires"}, d.kind) && (d.kind != "return" || !strings.HasPrefix(d.arg(1), "30"))
	})
}

// hosts returns the names of a server as the gateway has them, and those that it
// has not. A server without a name has all requests that no other has.
func (r *nginxRouting) hosts(server *nginxNode) (names, odd []string) {
	if server == nil {
		return nil, nil
	}
	for _, d := range server.named("server_name") {
		for _, name := range d.args() {
			name = strings.ToLower(name)
			bare := strings.TrimPrefix(strings.TrimPrefix(name, "*"), ".")
			switch {
			case name == "" || name == "_" || name == "localhost" && len(r.servers) == 1:
			case bare == "" || strings.Trim(bare, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
				odd = append(odd, name)
			case strings.HasPrefix(name, "."):
				names = append(names, bare, "*"+name)
			default:
				names = append(names, name)
			}
		}
	}
	return names, odd
}

// upstreamBlock returns the block upstream of a URL, or nil.
func (c *nginxConfig) upstreamBlock(url string) *nginxNode {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return c.upstreams[host]
}

// backends returns the servers of an upstream that get requests, or all of them if
// none does; first those that are not only for when others fail.
func (n *nginxNode) backends() (list []string) {
	var spare []string
	for _, s := range n.named("server") {
		switch args := s.args(); {
		case slices.Contains(args, "down"):
		case slices.Contains(args, "backup"):
			spare = append(spare, s.arg(1))
		default:
			list = append(list, s.arg(1))
		}
	}
	if list = append(list, spare...); len(list) == 0 {
		list = []string{n.named("server")[0].arg(1)}
	}
	return list
}
