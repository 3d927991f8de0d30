package stacks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// traefikTable returns the parts of all routers in a tree, each at its middleware
// with CORS headers.
func traefikTable(t *source.Tree) *partTable {
	table := &partTable{ranked: true}
	c := readTraefikConfig(t)
	for i := range c.routers {
		if len(table.parts) > maxParts {
			break
		}
		c.addParts(table, &c.routers[i])
	}
	for i := range table.parts {
		if p := &table.parts[i]; c.left < 0 {
			p.Barrier = firstOf(p.Barrier, fmt.Sprintf("there are more than %d names and settings in its files", maxKept))
		}
	}
	return table
}

// addParts adds the parts of a router: one for each path and host of its rule.
func (c *traefikConfig) addParts(t *partTable, r *traefikRoute) {
	if c.left -= len(c.entryPoints) * (1 + len(r.entryPoints)); c.left < 0 {
		return
	}
	p := served{title: r.title, in: r.file, at: -1, entryPoints: r.entryPoints, rank: traefikRank(r)}
	p.PreserveHost = true
	p.Listen = c.listen(r.entryPoints)
	base := c.upstream(&p, r)
	p.Upstream, _, _ = cutPath(base)
	if r.several {
		p.Barrier = firstOf(p.Barrier, r.title+" is in more than one place")
	}
	c.redirected(&p)
	for _, ref := range slices.Concat(c.ofEntryPoints(r.entryPoints), r.middlewares) {
		c.middleware(&p, r, ref, 0)
	}
	c.tlsOptions(&p, r)
	rule := "rule " + r.rule.Text()
	if r.rule.Text() == "" {
		rule = "its default rule"
	}
	for _, m := range traefikMatches(r.rule.Text()) {
		one := p
		if one.Path, one.Exact = m.path, m.exact; m.more || comesFrom(r.rule) != "" {
			one.Match = rule
		}
		if at, path, ok := cutPath(base); ok {
			one.Upstream = at + strings.TrimSuffix(path, "/") + m.path
		}
		if m.host == "" {
			t.add(one)
		} else {
			t.add(one, m.host)
		}
	}
}

// cutPath returns a URL without its path, and the path; ok is false if it has none.
func cutPath(url string) (base, path string, ok bool) {
	scheme, rest, _ := strings.Cut(url, "://")
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return url, "", false
	}
	return scheme + "://" + rest[:i], rest[i:], strings.Trim(rest[i:], "/") != ""
}

// traefikRank returns the priority of a router, which is the length of its rule by
// default.
func traefikRank(r *traefikRoute) int {
	if rank, err := strconv.Atoi(r.priority.Text()); err == nil && rank != 0 {
		return rank
	}
	if r.rule.Text() == "" || comesFrom(r.rule) != "" {
		return 1 << 30 // its length is not known
	}
	return len(r.rule.Text())
}

// usualEntryPoints are the names that people give to the ports where browsers look.
var usualEntryPoints = []string{"web", "websecure", "web-secure", "http", "https"}

// listen says where requests come in for a router with some entry points.
func (c *traefikConfig) listen(entryPoints []string) string {
	var ports, unknown []string
	for _, name := range entryPoints {
		known := c.entryPoints[name]
		for _, n := range known {
			address, _, _ := strings.Cut(n.Fold("address").Text(), "/")
			if port := address[strings.LastIndexByte(address, ':')+1:]; port != "" {
				ports = append(ports, port)
			}
		}
		switch {
		case len(known) > 0:
		case slices.Contains(usualEntryPoints, name):
			return ""
		default:
			unknown = append(unknown, name)
		}
	}
	if listen := listenPorts(ports...); len(unknown) == 0 || listen == "" && len(ports) > 0 {
		return listen
	}
	return "the entry point " + strings.Join(unknown, ", ")
}

// ofEntryPoints returns the middlewares that entry points have, or those of all if a
// router has none.
func (c *traefikConfig) ofEntryPoints(names []string) (refs []traefikRef) {
	from := &traefikPiece{provider: traefikFile}
	for name, list := range c.entryPoints {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		for _, n := range list {
			refs = append(refs, c.refsOf(from, n.Fold("http", "middlewares"))...)
		}
	}
	slices.SortFunc(refs, func(a, b traefikRef) int { return strings.Compare(a.name, b.name) })
	return refs
}

// redirected says that all entry points of a part send requests elsewhere.
func (c *traefikConfig) redirected(p *served) {
	for _, name := range p.entryPoints {
		if !slices.ContainsFunc(c.entryPoints[name], func(n *conftree.Node) bool { return n.Fold("http", "redirections") != nil }) {
			return
		}
	}
	if len(p.entryPoints) > 0 && p.Barrier == "" {
		p.redirects = true
		p.Barrier = "the entry point " + strings.Join(p.entryPoints, ", ") + " redirects its requests"
	}
}

// Middlewares that do nothing that a page could notice, and those that bound
// requests; in lower case.
var (
	traefikHarmless = []string{"compress", "contenttype", "retry"}
	traefikLimits   = []string{"ratelimit", "inflightreq", "buffering", "circuitbreaker"}
)

// middleware is about a middleware of a router.
func (c *traefikConfig) middleware(p *served, r *traefikRoute, ref traefikRef, depth int) {
	const deepest = 8 // of chains, which may have themselves
	found := c.find("middlewares", ref)
	if len(found) == 0 || depth > deepest {
		p.Barrier = firstOf(p.Barrier, "its middleware "+ref.bare()+" is not in the file"+notCarried)
	}
	for _, m := range found {
		if len(m.Fields()) == 0 {
			p.Barrier = firstOf(p.Barrier, "its middleware "+ref.bare()+" is empty")
		}
		for _, f := range m.Fields() {
			switch kind := strings.ToLower(f.Key); {
			case kind == "headers" && c.affords(f.Value):
				p.traefikHeaders(r, ref.bare(), m, f.Value)
			case kind == "chain" && depth <= deepest:
				for _, inner := range c.refsOf(m.traefikPiece, f.Value.Fold("middlewares")) {
					c.middleware(p, r, inner, depth+1)
				}
			case slices.Contains(traefikHarmless, kind):
			case slices.Contains(traefikLimits, kind):
				p.lose(r.rule.Span, "The middleware %s (%s) applies to %s"+notCarried+".", ref.bare(), f.Key, p.title)
			default:
				p.redirects = p.redirects || kind == "redirectscheme" && p.Barrier == ""
				p.Barrier = firstOf(p.Barrier, "its middleware "+ref.bare()+" is "+f.Key+notCarried)
			}
		}
	}
}

// affords reports whether there is room for all settings of headers.
func (c *traefikConfig) affords(headers *conftree.Node) bool {
	c.left -= len(headers.Fields())
	for _, p := range headers.Fields() {
		c.left -= len(p.Value.Fields())
	}
	return c.left >= 0
}

// traefikRefusals are settings of headers that refuse or redirect requests.
var traefikRefusals = []string{"allowedhosts", "sslredirect", "sslforcehost"}

// traefikHeaders is about a middleware with headers.
func (p *served) traefikHeaders(r *traefikRoute, name string, m traefikNamed, headers *conftree.Node) {
	at := r.rule.Span
	set, custom := traefikSettings(headers)
	switch {
	case !setsTraefikCORS(set, custom):
	case p.cors && !p.is(m.file.Name, headers.Start):
		p.lose(at, "%s has another middleware with CORS headers, %s"+notCarried+".", p.title, name)
	default:
		p.cors, p.file, p.at = true, m.file.Name, headers.Start
	}
	for _, key := range traefikRefusals {
		if n := set[key]; n != nil && n.Text() != "false" {
			p.Barrier = firstOf(p.Barrier, "its middleware "+name+" has "+key+notCarried)
		}
	}
	for _, h := range set["customrequestheaders"].Fields() {
		switch value := h.Value.Text(); {
		case strings.EqualFold(h.Key, "Host"):
			p.giveHost(value, at)
		case value == "":
			p.lose(at, "customRequestHeaders removes %s from requests of %s, and a route does not.", h.Key, p.title)
		default:
			p.giveHeader("customRequestHeaders", h.Key, at)
		}
	}
}

// tlsOptions says that a router asks for certificates of clients, or may.
func (c *traefikConfig) tlsOptions(p *served, r *traefikRoute) {
	refs := []traefikRef{{r.traefikPiece, "default"}, {&traefikPiece{provider: traefikFile}, "default"}}
	take := func(from *traefikPiece, n *conftree.Node) {
		if n.Is(conftree.Map) {
			refs = append(refs, objectRef(from, n))
		} else if n.Text() != "" {
			refs = append(refs, traefikRef{from, n.Text()})
		}
	}
	take(r.traefikPiece, r.tls.Fold("options"))
	for name, list := range c.entryPoints {
		if len(r.entryPoints) == 0 || slices.Contains(r.entryPoints, name) {
			for _, n := range list {
				take(&traefikPiece{provider: traefikFile}, n.Fold("http", "tls", "options"))
			}
		}
	}
	for _, ref := range refs {
		name := ref.bare()
		found := c.find("options", ref)
		if len(found) == 0 && name != "default" {
			p.Barrier = firstOf(p.Barrier, "its TLS options "+name+" are not in the file"+notCarried)
		}
		for _, o := range found {
			if auth := o.Fold("clientAuth"); auth != nil && auth.Fold("clientAuthType").Text() != "NoClientCert" {
				p.Barrier = firstOf(p.Barrier, "its TLS options "+name+" ask for certificates of clients"+notCarried)
			}
		}
	}
}

// upstream returns where the requests of a router go, with a path only if Traefik
// puts it before that of a request; "" if the file does not say it.
func (c *traefikConfig) upstream(p *served, r *traefikRoute) string {
	if r.provider == traefikObject {
		return traefikBackend(p, r)
	}
	service := c.service(p, r)
	balancer := service.Fold("loadBalancer")
	if balancer.Fold("passHostHeader").Text() == "false" {
		p.PreserveHost = false
	}
	if n := balancer.Fold("serversTransport"); n != nil {
		p.lose(r.rule.Span, "The serversTransport %s applies to %s"+notCarried+".", n.Text(), p.title)
	}
	if server := balancer.Fold("server"); service.provider == traefikDocker && balancer.Fold("servers") == nil {
		port, scheme := server.Fold("port"), firstOf(server.Fold("scheme").Text(), "http")
		if url := server.Fold("url"); url.Text() != "" && comesFrom(url) == "" {
			base, _, _ := cutPath(url.Text())
			return base
		}
		if port.Text() == "" || comesFrom(port) != "" {
			p.Barrier = firstOf(p.Barrier, "the port of its service is not in the file")
			return ""
		}
		return scheme + "://" + hostPort(service.container, port.Text())
	}
	return traefikServers(p, r, balancer)
}

// service returns the service of a router. Labels need not name the only one of
// their container, nor have one.
func (c *traefikConfig) service(p *served, r *traefikRoute) traefikNamed {
	none := traefikNamed{r.traefikPiece, nil}
	name := r.service.Text()
	if name == "" && r.provider == traefikDocker {
		if len(r.services) == 0 {
			return none
		}
		name = r.services[0]
		if len(r.services) > 1 {
			p.Barrier = firstOf(p.Barrier, "its container has more than one service")
			return none
		}
	}
	found := c.find("services", traefikRef{r.traefikPiece, name})
	switch {
	case strings.HasSuffix(name, "@internal"):
		p.Barrier = firstOf(p.Barrier, "Traefik answers its requests itself")
	case len(found) == 0 || comesFrom(r.service) != "":
		p.Barrier = firstOf(p.Barrier, "its service "+name+" is not in the file")
	case len(found) > 1:
		p.Barrier = firstOf(p.Barrier, "its service "+name+" is in more than one place")
	default:
		return found[0]
	}
	return none
}

// traefikServers returns the first server of a service.
func traefikServers(p *served, r *traefikRoute, balancer *conftree.Node) string {
	var servers []string
	keep := false
	for i, s := range balancer.Fold("servers").Each() {
		url := s.Fold("url")
		if keep = keep || s.Fold("preservePath").Text() == "true"; comesFrom(url) != "" && i == 0 {
			break
		}
		servers = append(servers, url.Text())
	}
	if len(servers) == 0 || servers[0] == "" {
		p.Barrier = firstOf(p.Barrier, "the address of its service is not in the file")
		return ""
	}
	p.more(servers[1:], r.rule.Span)
	if base, _, _ := cutPath(servers[0]); !keep {
		return base
	}
	return servers[0]
}

// traefikBackend returns the only service of an object of Kubernetes.
func traefikBackend(p *served, r *traefikRoute) string {
	if len(r.backends) != 1 {
		p.Barrier = firstOf(p.Barrier, "its requests do not go to one service")
		return ""
	}
	n := r.backends[0]
	if n.Get("service") != nil || n.Get("serviceName") != nil { // of an Ingress
		return ingressService(n)
	}
	name, port := n.Get("name"), n.Get("port").Text()
	if kind := n.Get("kind").Text(); kind != "" && kind != "Service" || comesFrom(name) != "" || comesFrom(n.Get("port")) != "" {
		p.Barrier = firstOf(p.Barrier, "the address of its service is not in the file")
		return ""
	}
	if n.Get("passHostHeader").Text() == "false" {
		p.PreserveHost = false
	}
	host := name.Text()
	if space := n.Get("namespace").Text(); space != "" && host != "" {
		host += "." + space
	}
	url := serviceURL(host, port)
	if scheme := n.Get("scheme").Text(); url != "" && (scheme == "https" || scheme == "" && port == "443") {
		url = "https" + strings.TrimPrefix(url, "http")
	}
	return url
}
