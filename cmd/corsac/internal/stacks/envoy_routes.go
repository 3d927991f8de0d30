package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// envoyTable returns the parts of the virtual hosts in a route configuration, each
// at its CORS policy; around is what stands around it, the innermost first.
func envoyTable(around []*conftree.Node, hosts *conftree.Node) *partTable {
	t := &partTable{ordered: true}
	root := around[len(around)-1]
	listener, guard := envoyListener(around)
	for _, vhost := range hosts.Each() {
		var domains []string
		for _, d := range vhost.Get("domains").Each() {
			domains = append(domains, d.Text())
		}
		for _, route := range vhost.Get("routes").Each() {
			p := served{title: strings.TrimSpace("route " + firstOf(envoyPath(route.Get("match")), "/") + " of " + vhost.Get("name").Text()), at: -1}
			p.Listen, p.PreserveHost = listener, true
			scopes := append([]*conftree.Node{route, vhost}, around...)
			for _, scope := range scopes {
				if policy := envoyPolicyOf(scope); policy != nil {
					p.cors, p.at = true, policy.Start
					break
				}
			}
			p.envoyMatch(route.Get("match"))
			p.envoyAction(root, route.Get("route"))
			p.Barrier = firstOf(p.Barrier, firstOf(guard, envoyFilters(route, vhost, around)))
			for _, scope := range scopes {
				p.envoyChanges(scope)
			}
			t.add(p, domains...)
		}
	}
	return t
}

// envoyPolicyOf returns the policy of a route, virtual host or route configuration,
// or nil.
func envoyPolicyOf(n *conftree.Node) *conftree.Node {
	for _, p := range snake(n, "typed_per_filter_config").Fields() {
		if isEnvoyPolicy(&conftree.At{Node: p.Value, Key: p.Key}) {
			return p.Value
		}
	}
	for _, old := range []*conftree.Node{n.Get("cors"), n.Get("route", "cors")} {
		if old.Is(conftree.Map) {
			return old
		}
	}
	return nil
}

// envoyMatch reads which paths a route is for.
func (p *served) envoyMatch(match *conftree.Node) {
	for _, f := range match.Fields() {
		value := f.Value.Text()
		switch snaked(f.Key) {
		case "prefix", "path_separated_prefix":
			p.Path = value
		case "path":
			p.Path, p.Exact = value, true
		case "case_sensitive":
			if value == "false" {
				p.Match = "its match (case_sensitive)"
			}
		default:
			p.Match = "its match (" + snaked(f.Key) + ")"
		}
	}
	insensitive := snake(match, "case_sensitive").Text() == "false" // which paths it is for is not known, then
	if insensitive || p.Path == "/" && !p.Exact {
		p.Path, p.Exact = "", false
	}
}

// snaked returns a name in camel case as other files write it.
func snaked(name string) string {
	var b strings.Builder
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// envoyAction reads what a route does with a request; nil for one that Envoy
// answers itself.
func (p *served) envoyAction(root, action *conftree.Node) {
	if action == nil {
		p.Barrier = "Envoy answers its requests itself"
		return
	}
	for _, key := range []string{"prefix_rewrite", "regex_rewrite", "path_rewrite_policy", "internal_redirect_policy"} {
		if snake(action, key) != nil {
			p.Barrier = firstOf(p.Barrier, key+" applies to it"+notCarried)
		}
	}
	p.Upstream = p.envoyUpstream(root, action)
	for _, key := range []string{"host_rewrite_literal", "host_rewrite"} {
		if name := snake(action, key); name != nil {
			p.giveHost(name.Text(), name.Span)
		}
	}
	for _, key := range []string{"auto_host_rewrite", "host_rewrite_header", "host_rewrite_path_regex"} {
		if n := snake(action, key); n != nil && n.Text() != "false" {
			if p.PreserveHost = false; key != "auto_host_rewrite" {
				p.lose(n.Span, "%s applies to %s"+notCarried+".", key, p.title)
			}
		}
	}
	for _, key := range []string{"rate_limits", "request_mirror_policies", "hash_policy"} {
		if n := snake(action, key); n != nil {
			p.lose(n.Span, "%s applies to %s"+notCarried+".", key, p.title)
		}
	}
}

// envoyUpstream returns the URL of the first server of the cluster that requests go
// to; "" if the file does not say it.
func (p *served) envoyUpstream(root, action *conftree.Node) string {
	name := action.Get("cluster")
	if name.Text() == "" || comesFrom(name) != "" {
		return ""
	}
	for _, c := range slices.Concat(snake(root, "static_resources").Get("clusters").Each(), root.Get("clusters").Each(), root.Get("resources").Each()) {
		if c.Get("name").Text() != name.Text() {
			continue
		}
		scheme := "http://"
		if snake(c, "transport_socket") != nil || snake(c, "tls_context") != nil {
			scheme = "https://"
		}
		var servers []string
		for _, e := range snake(c, "load_assignment").Get("endpoints").Each() {
			for _, lb := range snake(e, "lb_endpoints").Each() {
				at := snake(lb.Get("endpoint", "address"), "socket_address")
				address, port := at.Get("address"), snake(at, "port_value")
				if address.Text() == "" || comesFrom(address) != "" || comesFrom(port) != "" {
					return ""
				}
				servers = append(servers, hostPort(address.Text(), port.Text()))
			}
		}
		if len(servers) == 0 {
			return ""
		}
		p.more(servers[1:], name.Span)
		return scheme + servers[0]
	}
	return ""
}

// hostPort returns an address with its port, if there is one.
func hostPort(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return strings.TrimSuffix(host+":"+port, ":")
}

// envoyChanges is about headers that a route, or what is around it, gives to the
// upstream.
func (p *served) envoyChanges(n *conftree.Node) {
	for _, h := range snake(n, "request_headers_to_add").Each() {
		p.giveHeader("request_headers_to_add", h.Get("header", "key").Text(), h.Span)
	}
	if n := snake(n, "request_headers_to_remove"); n != nil {
		p.lose(n.Span, "request_headers_to_remove applies to %s"+notCarried+".", p.title)
	}
}

// envoyHarmless are the HTTP filters that refuse and change nothing.
var envoyHarmless = []string{"cors", "router", "grpc_web", "grpc_stats", "compressor", "decompressor", "gzip", "tap", "on_demand"}

// envoyFilters says which filter of the listener decides about the requests of a
// route; "" if none does.
func envoyFilters(route, vhost *conftree.Node, around []*conftree.Node) string {
	var filters *conftree.Node
	for _, up := range around {
		if list := snake(up, "http_filters"); list != nil {
			filters = list
			break
		}
	}
	if filters == nil || comesFrom(filters) != "" {
		return "the filters of its listener are not in the file"
	}
	for _, f := range filters.Each() {
		name := f.Get("name").Text()
		kind := name
		if typed := snake(f, "typed_config").Get("@type").Text(); typed != "" { // …extensions.filters.http.NAME.v3.Type
			_, kind, _ = strings.Cut(typed, ".filters.http.")
		}
		kind = strings.TrimPrefix(strings.TrimPrefix(kind, "envoy.filters.http."), "envoy.")
		kind, _, _ = strings.Cut(kind, ".")
		off := f.Get("disabled").Text() == "true"
		for _, scope := range []*conftree.Node{vhost, route} {
			if own := snake(scope, "typed_per_filter_config").Get(name); own != nil {
				off = own.Get("disabled").Text() == "true"
			}
		}
		if !off && !slices.Contains(envoyHarmless, kind) {
			return "the filter " + firstOf(name, kind) + " applies to it" + notCarried
		}
	}
	return ""
}

// envoyListener returns the port of the listener around a route configuration, and
// says which part of it decides about requests before the HTTP filters do.
func envoyListener(around []*conftree.Node) (port, guard string) {
	for _, up := range around {
		for _, f := range up.Get("filters").Each() {
			if name := f.Get("name").Text(); guard == "" && strings.HasPrefix(name, "envoy.filters.network.") && name != "envoy.filters.network.http_connection_manager" {
				guard = "the filter " + name + " applies to it" + notCarried
			}
		}
		tls := snake(snake(up, "transport_socket"), "typed_config")
		if guard == "" && snake(tls, "require_client_certificate").Text() == "true" {
			guard = "its listener asks for certificates of clients" + notCarried
		}
		if at := snake(up.Get("address"), "socket_address"); at != nil && port == "" {
			port = listenPorts(snake(at, "port_value").Text())
		}
	}
	return port, guard
}

// listenPorts says where a server listens, in a few words; "" for the ports that
// browsers use by themselves.
func listenPorts(ports ...string) string {
	var odd []string
	for _, p := range ports {
		if p = strings.Trim(p, " \t"); p != "" && p != "80" && p != "443" && !slices.Contains(odd, p) {
			odd = append(odd, p)
		}
	}
	if len(odd) == 0 || len(odd) < len(ports) && slices.ContainsFunc(ports, func(p string) bool { return p == "80" || p == "443" }) {
		return "" // also where browsers look
	}
	slices.Sort(odd)
	return "port " + strings.Join(odd, ", ")
}

// route sets the parts that a policy is for.
func (e *envoySite) route(tables map[*conftree.Node]*partTable) {
	var around []*conftree.Node
	var hosts *conftree.Node
	for up := e.at.Up; up != nil; up = up.Up {
		if hosts == nil {
			hosts = snake(up.Node, "virtual_hosts")
		}
		if hosts != nil {
			around = append(around, up.Node)
		}
	}
	if hosts == nil {
		return
	}
	if tables[hosts] == nil {
		tables[hosts] = envoyTable(around, hosts)
	}
	e.setParts(tables[hosts], func(p *served) bool { return p.at == e.Start })
}
