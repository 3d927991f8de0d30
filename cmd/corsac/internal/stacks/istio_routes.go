package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// istioTable returns the parts of the VirtualServices among objects, each at its
// route.
func istioTable(objects []manifest) *partTable {
	t := &partTable{ordered: true}
	for i := range objects {
		if m := &objects[i]; m.is("VirtualService") {
			for _, route := range m.Get("spec", "http").Each() {
				m.istioRoute(t, objects, route)
			}
		}
	}
	return t
}

// istioRoute adds the parts of a route.
func (m *manifest) istioRoute(t *partTable, objects []manifest, route *conftree.Node) {
	rest := served{file: m.file.Name, at: route.Start, cors: route.Get("corsPolicy") != nil}
	rest.PreserveHost = true
	var gateways, hosts []string
	for _, g := range m.Get("spec", "gateways").Each() {
		gateways = append(gateways, g.Text())
	}
	if len(gateways) > 0 {
		rest.Listen = "the gateway " + strings.Join(gateways, ", ")
	}
	for _, h := range m.Get("spec", "hosts").Each() {
		hosts = append(hosts, h.Text())
	}
	for _, how := range []string{"set", "add"} {
		rest.cors = rest.cors || route.Get("headers", "response", how).Fold("access-control-allow-origin") != nil
	}
	rest.Upstream = istioUpstream(route)
	rest.Barrier = firstOf(meshGuard(objects, m, gateways), istioTLS(objects, gateways))
	matches := route.Get("match").Each()
	if len(matches) == 0 {
		matches = []*conftree.Node{nil}
	}
	for _, match := range matches {
		p := rest
		p.istioMatch(match)
		p.title = "route " + firstOf(p.Path, "/") + " of VirtualService " + m.name()
		p.istioChanges(route)
		t.add(p, hosts...)
	}
}

// istioMatch reads which requests a match is for.
func (p *served) istioMatch(match *conftree.Node) {
	for _, f := range match.Fields() {
		prefix, exact := f.Value.Get("prefix"), f.Value.Get("exact")
		switch {
		case f.Key == "name":
		case f.Key == "uri" && prefix.Text() != "" && comesFrom(prefix) == "":
			p.Path = prefix.Text()
		case f.Key == "uri" && exact.Text() != "" && comesFrom(exact) == "":
			p.Path, p.Exact = exact.Text(), true
		default:
			p.Match = "its match (" + f.Key + ")"
		}
	}
	if p.Path == "/" && !p.Exact {
		p.Path = ""
	}
}

// istioChanges is about what a route does to requests, or instead of forwarding
// them.
func (p *served) istioChanges(route *conftree.Node) {
	for _, key := range []string{"redirect", "directResponse", "delegate", "fault"} {
		if route.Get(key) != nil {
			p.Barrier = firstOf(p.Barrier, key+" applies to it"+notCarried)
		}
	}
	rewrite := route.Get("rewrite")
	if rewrite.Get("uri") != nil || rewrite.Get("uriRegexRewrite") != nil {
		p.Barrier = firstOf(p.Barrier, "rewrite changes its paths"+notCarried)
	}
	if host := rewrite.Get("authority"); host != nil {
		p.giveHost(host.Text(), host.Span)
	}
	for _, key := range []string{"mirror", "mirrors"} {
		if n := route.Get(key); n != nil {
			p.lose(n.Span, "%s applies to %s"+notCarried+".", key, p.title)
		}
	}
	of := []*conftree.Node{route.Get("headers", "request")}
	for _, to := range route.Get("route").Each() {
		of = append(of, to.Get("headers", "request"))
	}
	for _, request := range of {
		for _, h := range slices.Concat(request.Get("set").Fields(), request.Get("add").Fields()) {
			if strings.EqualFold(h.Key, "Host") || h.Key == ":authority" {
				p.giveHost(h.Value.Text(), h.At)
			} else {
				p.giveHeader("headers.request", h.Key, h.At)
			}
		}
		for _, name := range request.Get("remove").Each() {
			p.lose(name.Span, "headers.request removes %s from requests of %s, and a route does not.", name.Text(), p.title)
		}
	}
}

// istioTLS says which gateway asks for certificates of clients; "" if none does.
func istioTLS(objects []manifest, gateways []string) string {
	for i := range objects {
		m := &objects[i]
		used := slices.ContainsFunc(gateways, m.isNamed)
		for _, s := range m.Get("spec", "servers").Each() {
			if mode := s.Get("tls", "mode").Text(); m.is("Gateway") && used && strings.HasSuffix(mode, "MUTUAL") {
				return "the gateway " + m.name() + " asks for certificates of clients" + notCarried
			}
		}
	}
	return ""
}

// istioUpstream returns the only destination of a route.
func istioUpstream(route *conftree.Node) string {
	routes := route.Get("route").Each()
	if len(routes) != 1 {
		return ""
	}
	host, port := routes[0].Get("destination", "host"), routes[0].Get("destination", "port", "number")
	if comesFrom(host) != "" || comesFrom(port) != "" {
		return ""
	}
	return serviceURL(host.Text(), port.Text())
}
