package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// kongRoute is a route of a declarative configuration, with its service, which may
// be nil.
type kongRoute struct{ service, route *conftree.Node }

// kongRoutes returns the routes of a document: those in services, and those that
// name one.
func kongRoutes(root *conftree.Node) (list []kongRoute) {
	services := map[string]*conftree.Node{}
	for _, s := range root.Get("services").Each() {
		services[s.Get("name").Text()], services[s.Get("id").Text()] = s, s
		for _, r := range s.Get("routes").Each() {
			list = append(list, kongRoute{s, r})
		}
	}
	delete(services, "")
	for _, r := range root.Get("routes").Each() {
		list = append(list, kongRoute{services[kongName(r.Get("service"))], r})
	}
	return list
}

// kongName returns the name or ID that something is referred to by.
func kongName(n *conftree.Node) string {
	return firstOf(n.Text(), firstOf(n.Get("name").Text(), n.Get("id").Text()))
}

// plugins returns the plugins that a route has, those of all routes first.
func (r *kongRoute) plugins(root *conftree.Node) (list []*conftree.Node) {
	is := func(ref, n *conftree.Node) bool {
		name := kongName(ref)
		return ref == nil || ref.Is(conftree.Null) || name != "" && (name == n.Get("name").Text() || name == n.Get("id").Text())
	}
	for _, p := range root.Get("plugins").Each() {
		if is(p.Get("service"), r.service) && is(p.Get("route"), r.route) {
			list = append(list, p)
		}
	}
	list = append(list, r.service.Get("plugins").Each()...)
	list = append(list, r.route.Get("plugins").Each()...)
	return slices.DeleteFunc(list, func(p *conftree.Node) bool { return p.Get("enabled").Text() == "false" })
}

// cors returns the cors plugin that a route has, or nil: that of the route comes
// before that of its service, and that before the one of all.
func (r *kongRoute) cors(plugins []*conftree.Node) (found *conftree.Node) {
	rank := -1
	for _, p := range plugins {
		if p.Get("name").Text() != "cors" {
			continue
		}
		own := 0
		if slices.Contains(r.service.Get("plugins").Each(), p) || kongName(p.Get("service")) != "" {
			own = 1
		}
		if slices.Contains(r.route.Get("plugins").Each(), p) || kongName(p.Get("route")) != "" {
			own = 2
		}
		if own > rank {
			found, rank = p, own
		}
	}
	return found
}

// kongHarmless are the plugins that do nothing to requests and answers.
var kongHarmless = []string{
	"cors", "prometheus", "file-log", "http-log", "tcp-log", "udp-log", "syslog", "loggly", "statsd", "datadog", "zipkin", "opentelemetry", "correlation-id", "kafka-log",
}

// kongLimits are the plugins that bound requests.
var kongLimits = []string{"rate-limiting", "rate-limiting-advanced", "response-ratelimiting", "request-size-limiting"}

// kongTable returns the parts of a document. Each is at its cors plugin.
func kongTable(root *conftree.Node) *partTable {
	t := &partTable{anyHost: true}
	for _, r := range kongRoutes(root) {
		plugins := r.plugins(root)
		p := served{title: strings.TrimSpace("route " + r.route.Get("name").Text()), at: -1}
		p.PreserveHost = r.route.Get("preserve_host").Text() == "true"
		if own := r.cors(plugins); own != nil {
			p.cors, p.at = true, own.Start
		}
		var rest []string
		base, path := kongUpstream(root, r.service, &rest)
		p.more(rest, r.route.Span)
		for _, plugin := range plugins {
			switch name := plugin.Get("name").Text(); {
			case slices.Contains(kongHarmless, name):
			case slices.Contains(kongLimits, name):
				p.lose(plugin.Span, "The plugin %s applies to %s"+notCarried+".", name, p.title)
			default:
				p.Barrier = firstOf(p.Barrier, "the plugin "+name+" applies to it"+notCarried)
			}
		}
		for _, key := range []string{"methods", "headers", "snis", "sources", "destinations", "expression"} {
			if n := r.route.Get(key); len(n.Each()) > 0 {
				p.Match = "its " + key
			}
		}
		r.addPaths(t, p, base, path)
	}
	return t
}

// addPaths adds a part for each path and host of a route. Kong removes the path
// before it forwards a request, unless strip_path is false.
func (r *kongRoute) addPaths(t *partTable, p served, base, path string) {
	var hosts []string
	for _, h := range r.route.Get("hosts").Each() {
		hosts = append(hosts, h.Text())
	}
	paths := []string{"/"}
	if list := r.route.Get("paths").Each(); len(list) > 0 {
		paths = nil
		for _, n := range list {
			paths = append(paths, n.Text())
		}
	}
	for _, from := range paths {
		one := p
		switch {
		case !strings.HasPrefix(from, "/") || strings.ContainsAny(from, `$()[]{}*+?|^\`): // before Kong 3, such paths are regular expressions
			one.Match = firstOf(one.Match, "the path "+from)
		case from != "/":
			one.Path = from
		}
		switch strip := r.route.Get("strip_path").Text() != "false"; {
		case base == "":
		case one.Path == "":
			one.Upstream = base + path
		case strip:
			one.Upstream = base + path + "/"
		case path != "":
			one.Upstream = base + path + one.Path
		default:
			one.Upstream = base
		}
		t.add(one, hosts...)
	}
}

// kongUpstream returns where a service is and its path, without the slash at the
// end, and adds the other servers of it to rest.
func kongUpstream(root, service *conftree.Node, rest *[]string) (base, path string) {
	url := service.Get("url")
	scheme, host, port := service.Get("protocol").Text(), service.Get("host").Text(), service.Get("port").Text()
	path = service.Get("path").Text()
	if url.Text() != "" {
		address, _ := "", ""
		scheme, address, _ = strings.Cut(url.Text(), "://")
		var rooted bool
		host, path, rooted = strings.Cut(address, "/")
		if port = ""; rooted {
			path = "/" + path
		}
	} else if host != "" {
		scheme = firstOf(scheme, "http")
		port = firstOf(port, "80")
	}
	if scheme != "http" && scheme != "https" || host == "" || comesFrom(url) != "" || strings.Contains(host+port+path, "${") {
		return "", ""
	}
	for _, u := range root.Get("upstreams").Each() {
		if u.Get("name").Text() != host {
			continue
		}
		for i, target := range u.Get("targets").Each() {
			if name := target.Get("target").Text(); i == 0 {
				host, port = name, ""
			} else {
				*rest = append(*rest, name)
			}
		}
	}
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host, strings.TrimSuffix(path, "/")
}

// place says for which routes a plugin is.
func (s *kongSite) place(at *conftree.At, tables map[*conftree.Node]*partTable) {
	root := at
	for up := at.Up; up != nil; up = up.Up {
		if root = up; s.Title == "cors plugin" && up.Get("name").Text() != "" && up.Get("plugins") != nil {
			s.Title += " of " + up.Get("name").Text()
		}
	}
	if tables[root.Node] == nil {
		tables[root.Node] = kongTable(root.Node)
	}
	s.setParts(tables[root.Node], func(p *served) bool { return p.at == at.Start })
	if len(s.Parts) > 0 {
		s.Path = s.Parts[0].Path
		if slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Path != s.Path }) {
			s.Path = ""
		}
	}
}
