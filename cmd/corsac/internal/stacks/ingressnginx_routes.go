package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// ingressGuards are the annotations, without their prefix, that refuse requests,
// answer them or change where they go, by how they begin.
var ingressGuards = []string{
	"auth-", "whitelist-source-range", "allowlist-source-range", "denylist-source-range", "enable-global-auth", "rewrite-target", "app-root", "permanent-redirect", "temporal-redirect",
	"from-to-www-redirect", "server-snippet", "configuration-snippet", "enable-modsecurity", "modsecurity-", "enable-owasp-", "canary", "use-regex", "satisfy", "custom-http-errors", "stream-snippet",
}

// ingressLost are those that do something else with requests or answers.
var ingressLost = []string{"limit-", "mirror-", "custom-headers", "proxy-cookie-", "proxy-redirect-", "affinity", "load-balance", "service-upstream"}

// ingressTable returns the parts of the Ingresses among objects, each at its
// annotations.
func ingressTable(objects []manifest) *partTable {
	t := &partTable{}
	var global ingressGlobal
	for i := range objects {
		if m := &objects[i]; m.is("ConfigMap") {
			global.read(m)
		}
	}
	hosts := map[string]string{}
	for i := range objects {
		if m := &objects[i]; m.is("Ingress") {
			from := len(t.parts)
			why := m.ingress(t, global)
			for _, p := range t.parts[from:] {
				hosts[p.Host] = firstOf(hosts[p.Host], why)
			}
		}
	}
	for i := range t.parts {
		t.parts[i].Barrier = firstOf(t.parts[i].Barrier, hosts[t.parts[i].Host])
	}
	return t
}

// ingressGlobal is what guards all Ingresses: auth unless they opt out, and rest.
type ingressGlobal struct{ auth, rest string }

// ingressGlobals are the keys of the controller's ConfigMap that refuse requests,
// answer them or change where they go, besides global-auth-url.
var ingressGlobals = []string{
	"whitelist-source-range", "allowlist-source-range", "denylist-source-range", "block-cidrs", "block-user-agents", "block-referers",
	"enable-modsecurity", "server-snippet", "location-snippet", "http-snippet",
}

// read reads a ConfigMap.
func (g *ingressGlobal) read(m *manifest) {
	for _, f := range m.Get("data").Fields() {
		why := f.Key + " of the ConfigMap " + m.name() + " applies to it" + notCarried
		switch value := f.Value.Text(); {
		case value == "" || value == "false":
		case f.Key == "global-auth-url":
			g.auth = why
		case slices.Contains(ingressGlobals, f.Key):
			g.rest = firstOf(g.rest, why)
		}
	}
}

// ingressOfHost are the annotations that guard all paths of a host, those of other
// Ingresses as well.
var ingressOfHost = []string{"server-snippet", "auth-tls-secret"}

// ingress adds the parts of an Ingress; global says what guards all of them. It
// returns what guards all paths of its hosts.
func (m *manifest) ingress(t *partTable, global ingressGlobal) (ofHost string) {
	annotations := m.Get("metadata", "annotations")
	p := served{title: "Ingress " + m.name(), file: m.file.Name, at: -1, cors: annotations.Get(ingressKey+"enable-cors").Text() == "true"}
	if annotations != nil {
		p.at = annotations.Start
	}
	p.PreserveHost = true
	scheme := "http"
	for _, a := range annotations.Fields() {
		name, ours := strings.CutPrefix(a.Key, ingressKey)
		begins := func(s string) bool { return strings.HasPrefix(name, s) }
		switch value := a.Value.Text(); {
		case !ours:
		case name == "enable-global-auth" && value == "false":
			global.auth = ""
		case slices.ContainsFunc(ingressGuards, begins):
			if value != "false" {
				p.Barrier = firstOf(p.Barrier, "the annotation "+name+" applies to it"+notCarried)
			}
			if slices.Contains(ingressOfHost, name) {
				ofHost = firstOf(ofHost, "the annotation "+name+" of "+p.title+" applies to its host"+notCarried)
			}
		case slices.ContainsFunc(ingressLost, begins):
			p.lose(a.At, "The annotation %s applies to %s"+notCarried+".", name, p.title)
		case name == "backend-protocol" && value == "HTTPS":
			scheme = "https"
		case name == "backend-protocol" && value != "HTTP":
			p.Barrier = firstOf(p.Barrier, "its services are not on HTTP (backend-protocol)")
		}
	}
	p.Barrier = firstOf(p.Barrier, firstOf(global.auth, global.rest))
	var aliases []string
	for name := range strings.SplitSeq(annotations.Get(ingressKey+"server-alias").Text(), ",") {
		if name = strings.TrimSpace(name); name != "" {
			aliases = append(aliases, name)
		}
	}
	host := annotations.Get(ingressKey + "upstream-vhost")
	add := func(path, backend *conftree.Node, hosts ...string) {
		one := p
		one.ingressPath(path)
		if one.Upstream = ingressService(backend); scheme == "https" && one.Upstream != "" {
			one.Upstream = "https" + strings.TrimPrefix(one.Upstream, "http")
		}
		if host != nil {
			one.losses = slices.Clip(one.losses)
			one.giveHost(host.Text(), host.Span)
		}
		t.add(one, hosts...)
	}
	spec := m.Get("spec")
	for _, rule := range spec.Get("rules").Each() {
		hosts := append([]string{rule.Get("host").Text()}, aliases...)
		paths := rule.Get("http", "paths").Each()
		for _, path := range paths {
			add(path, path.Get("backend"), hosts...)
		}
		if len(paths) == 0 {
			add(nil, spec.Get("defaultBackend"), hosts...)
		}
	}
	if backend := spec.Get("defaultBackend"); backend != nil {
		add(nil, backend)
	}
	return ofHost
}

// ingressPath reads the path of a rule; nil is that of all.
func (p *served) ingressPath(n *conftree.Node) {
	path := n.Get("path")
	if comesFrom(path) != "" || strings.ContainsAny(path.Text(), "(*[") {
		p.Match = "the path " + path.Text()
		return
	}
	if p.Path, p.Exact = path.Text(), n.Get("pathType").Text() == "Exact"; p.Path == "/" && !p.Exact {
		p.Path = ""
	}
	if p.Path != "" {
		p.title += " " + p.Path
	}
}

// ingressService returns the URL of the service of a backend, or "".
func ingressService(backend *conftree.Node) string {
	name, port := backend.Get("service", "name"), backend.Get("service", "port", "number")
	if old := backend.Get("serviceName"); old != nil { // of extensions/v1beta1
		name, port = old, backend.Get("servicePort")
	}
	if comesFrom(name) != "" || comesFrom(port) != "" {
		return ""
	}
	return serviceURL(name.Text(), port.Text())
}
