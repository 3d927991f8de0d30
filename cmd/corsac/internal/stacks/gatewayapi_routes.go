package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// gatewayTable returns the parts of the HTTPRoutes among objects, each at its rule.
func gatewayTable(objects []manifest) *partTable {
	t := &partTable{}
	for i := range objects {
		if m := &objects[i]; m.is("HTTPRoute") {
			for _, rule := range m.Get("spec", "rules").Each() {
				m.gatewayRule(t, objects, rule)
			}
		}
	}
	return t
}

// gatewayRule adds the parts of a rule.
func (m *manifest) gatewayRule(t *partTable, objects []manifest, rule *conftree.Node) {
	rest := served{file: m.file.Name, at: rule.Start}
	rest.PreserveHost = true
	targets := []policyTarget{{"HTTPRoute", m.name(), m.Get("metadata", "namespace").Text()}}
	var gateways, hosts []string
	for _, ref := range m.Get("spec", "parentRefs").Each() {
		gateways = append(gateways, strings.TrimSuffix(ref.Get("name").Text()+" "+ref.Get("sectionName").Text(), " "))
		targets = append(targets, m.target(ref, "Gateway"))
	}
	if len(gateways) > 0 {
		rest.Listen = "the gateway " + strings.Join(gateways, ", ")
	}
	for _, h := range m.Get("spec", "hostnames").Each() {
		hosts = append(hosts, h.Text())
	}
	filters := rule.Get("filters").Each()
	for _, ref := range rule.Get("backendRefs").Each() {
		targets = append(targets, m.target(ref, "Service"))
		filters = append(slices.Clip(filters), ref.Get("filters").Each()...)
	}
	rest.Upstream = gatewayUpstream(rule)
	rest.Barrier = firstOf(targetGuard(objects, m, targets), firstOf(gatewayTLS(objects, targets), meshGuard(objects, m, nil)))
	if plugins := m.Get("metadata", "annotations", "konghq.com/plugins"); plugins != nil {
		rest.Barrier = firstOf(rest.Barrier, "the plugins "+plugins.Text()+" apply to it"+notCarried)
	}
	matches := rule.Get("matches").Each()
	if len(matches) == 0 {
		matches = []*conftree.Node{nil}
	}
	for _, match := range matches {
		p := rest
		p.gatewayMatch(match)
		p.title = "HTTPRoute " + strings.TrimSpace(m.name()+" "+p.Path)
		for _, f := range filters {
			p.gatewayFilter(f)
		}
		if p.Upstream == "" && len(rule.Get("backendRefs").Each()) == 0 {
			p.Barrier = firstOf(p.Barrier, "the gateway answers its requests itself")
		}
		t.add(p, hosts...)
	}
}

// gatewayTLS says which gateway among some targets asks for certificates of clients;
// "" if none does.
func gatewayTLS(objects []manifest, targets []policyTarget) string {
	for i := range objects {
		m := &objects[i]
		asks := m.Get("spec", "tls", "frontend") != nil || slices.ContainsFunc(m.Get("spec", "listeners").Each(), func(l *conftree.Node) bool {
			return l.Get("tls", "frontendValidation") != nil
		})
		if asks && slices.ContainsFunc(targets, m.target(m.Get("metadata"), m.Get("kind").Text()).meets) {
			return "the gateway " + m.name() + " asks for certificates of clients" + notCarried
		}
	}
	return ""
}

// gatewayMatch reads which requests a match is for.
func (p *served) gatewayMatch(match *conftree.Node) {
	for _, f := range match.Fields() {
		if f.Key != "path" {
			p.Match = "its match (" + f.Key + ")"
			continue
		}
		value := f.Value.Get("value")
		switch kind := f.Value.Get("type").Text(); {
		case comesFrom(value) != "", kind != "" && kind != "PathPrefix" && kind != "Exact":
			p.Match = "the path " + value.Text()
		default:
			if p.Path, p.Exact = value.Text(), kind == "Exact"; p.Path == "/" && !p.Exact {
				p.Path = ""
			}
		}
	}
}

// gatewayFilter is about a filter of a rule.
func (p *served) gatewayFilter(f *conftree.Node) {
	switch kind := f.Get("type").Text(); kind {
	case "CORS":
		p.cors = true
	case "ResponseHeaderModifier":
	case "RequestHeaderModifier":
		p.gatewayHeaders(f.Get("requestHeaderModifier"))
	case "RequestMirror":
		p.lose(f.Span, "The filter %s applies to %s"+notCarried+".", kind, p.title)
	case "URLRewrite":
		rewrite := f.Get("urlRewrite")
		if rewrite.Get("path") != nil {
			p.Barrier = firstOf(p.Barrier, "the filter "+kind+" changes its paths"+notCarried)
		}
		if host := rewrite.Get("hostname"); host != nil {
			p.giveHost(host.Text(), host.Span)
		}
	default:
		name := f.Get("extensionRef", "name").Text()
		p.Barrier = firstOf(p.Barrier, "the filter "+strings.TrimSpace(kind+" "+name)+" applies to it"+notCarried)
	}
}

// gatewayHeaders is about the headers that a filter gives to the service.
func (p *served) gatewayHeaders(n *conftree.Node) {
	for _, h := range slices.Concat(n.Get("set").Each(), n.Get("add").Each()) {
		if name := h.Get("name"); strings.EqualFold(name.Text(), "Host") {
			p.giveHost(h.Get("value").Text(), h.Span)
		} else {
			p.giveHeader("RequestHeaderModifier", name.Text(), h.Span)
		}
	}
	for _, name := range n.Get("remove").Each() {
		p.lose(name.Span, "The filter RequestHeaderModifier removes %s from requests of %s, and a route does not.", name.Text(), p.title)
	}
}

// gatewayUpstream returns the only service of a rule.
func gatewayUpstream(rule *conftree.Node) string {
	refs := rule.Get("backendRefs").Each()
	if len(refs) != 1 || comesFrom(refs[0].Get("name")) != "" || comesFrom(refs[0].Get("port")) != "" {
		return ""
	}
	return serviceURL(refs[0].Get("name").Text(), refs[0].Get("port").Text())
}

// serviceURL returns the URL of a service of Kubernetes; "" without a name.
func serviceURL(name, port string) string {
	if name == "" {
		return ""
	}
	return "http://" + hostPort(name, port)
}
