package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var istioSource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		istioCommon.reflects, istioCommon.wildcardNames, istioCommon.wide, istioCommon.null, istioCommon.prefixed,
		istioCommon.never, istioCommon.literal, istioCommon.glob, istioCommon.unreadable, istioCommon.vary, istioOld, istioForwards,
	},
	Read: readIstio,
}

var istioCommon = commonRulesOf("istio", "Istio")

var (
	istioOld = &Rule{
		ID: "istio/deprecated-field", Severity: finding.Low, Title: "The field allowOrigin is deprecated",
		Why: "It knows whole origins and * only, and later versions may not read it.", Fix: "Write allowOrigins with exact.",
	}
	istioForwards = &Rule{
		ID: "istio/forwards-preflights", Severity: finding.Info, Title: "Preflights of other origins reach the service",
		Why: "unmatchedPreflights is FORWARD unless it is set, so the service answers them, with 404 or 405 or its own CORS headers.",
		Fix: "Set unmatchedPreflights: IGNORE.",
	}
)

// readIstio returns the CORS policies of VirtualServices.
func readIstio(t *source.Tree) []*Site {
	return readConf(t, confFiles, []string{"corsPolicy"}, istioCommon, func(f *confFile, at *conftree.At) {
		if at.Key != "corsPolicy" || !at.Is(conftree.Map) || at.Get("allowedOrigins") != nil { // of Azure Container Apps
			return
		}
		route := at.Parent()
		path := ""
		if matches := route.Get("match").Each(); len(matches) == 1 {
			path = istioPath(matches[0])
		}
		s := &envoySite{confSite: f.site(strings.TrimSpace("corsPolicy "+path), at.Node), at: at}
		s.Path = path
		s.Upstream = istioUpstream(route.Node)
		s.readIstio(route.Node)
		s.finish()
	})
}

func istioPath(match *conftree.Node) string {
	for _, key := range []string{"prefix", "exact"} {
		if v := match.Get("uri", key).Text(); v != "" && v != "/" {
			return v
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
	if host.Text() == "" || comesFrom(host) != "" || comesFrom(port) != "" {
		return ""
	}
	return strings.TrimSuffix("http://"+host.Text()+":"+port.Text(), ":")
}

func (e *envoySite) readIstio(route *conftree.Node) {
	n := e.at.Node
	e.allowCredentials(n.Get("allowCredentials"))
	for _, m := range n.Get("allowOrigins").Each() {
		if m.Get("prefix") != nil {
			e.fault(istioCommon.prefixed, m.Get("prefix").Span, "")
		}
		e.match(m)
	}
	if old := n.Get("allowOrigin"); old != nil {
		e.fault(istioOld, old.Span, "")
		for _, p := range e.partsOf("allow_origins", old, "") {
			e.whole(p)
		}
	}
	e.names("allow_methods", n.Get("allowMethods"), "")
	e.names("allow_headers", n.Get("allowHeaders"), "")
	e.names("expose_headers", n.Get("exposeHeaders"), "")
	e.maxAge(n.Get("maxAge"))
	response := route.Get("headers", "response")
	if !e.everyone && !sendsVary(response.Get("add")) && !sendsVary(response.Get("set")) {
		e.fault(e.vary, n.Span, "")
	}
	if unmatched := n.Get("unmatchedPreflights"); unmatched.Text() != "IGNORE" && comesFrom(unmatched) == "" {
		e.fault(istioForwards, n.Span, "")
	}
}

// sendsVary reports whether a map of headers has Vary with Origin.
func sendsVary(headers *conftree.Node) bool {
	return strings.Contains(strings.ToLower(headers.Fold("vary").Text()), "origin")
}
