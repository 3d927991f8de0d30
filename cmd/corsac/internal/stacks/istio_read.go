package stacks

import (
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var istioSource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		istioCommon.reflects, istioCommon.wildcard, istioCommon.wildcardNames, istioCommon.wide, istioCommon.null, istioCommon.prefixed,
		istioCommon.never, istioCommon.literal, istioCommon.glob, istioCommon.unreadable, istioCommon.vary, istioOld, istioForwards, istioByHand,
	},
	Read: readIstio,
}

var istioCommon = commonRulesOf("istio", "Istio")

var istioRule = ruleMaker("istio").rule

var (
	istioOld = istioRule("deprecated-field", finding.Warning, "",
		"The field allowOrigin is deprecated",
		"It knows whole origins and * only, and later versions may not read it.",
		"Write allowOrigins with exact.")
	istioForwards = istioRule("forwards-preflights", finding.Note, "",
		"Preflights of other origins reach the service",
		"unmatchedPreflights is FORWARD unless it is set, so the service answers them, with 404 or 405 or its own CORS headers.",
		"Set unmatchedPreflights: IGNORE.")
	istioByHand = istioRule("header-by-hand", finding.Warning, "preflight-not-routed",
		"CORS headers are set as constants",
		"Every origin gets them, and Istio does not answer preflights, so those reach the service.",
		"Use the corsPolicy of the route.")
)

// readIstio returns the CORS policies of VirtualServices, and the routes that set the
// headers themselves.
func readIstio(t *source.Tree) []*Site {
	table := sync.OnceValue(func() *partTable { return istioTable(manifests(t)) })
	return readConf(t, confFiles, []string{"corsPolicy", "VirtualService"}, istioCommon, func(f *confFile, at *conftree.At) {
		if at.Key == "response" && at.Parent().Key == "headers" {
			f.istioHeaders(at, table)
			return
		}
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
		s.setParts(table(), func(p *served) bool { return p.is(f.file.Name, route.Start) })
		s.readIstio(route.Node)
		s.finish()
	})
}

// istioHeaders reads the headers that a route sets, if the one of CORS is among them.
func (f *confFile) istioHeaders(at *conftree.At, table func() *partTable) {
	route := at.Parent().Parent()
	for _, how := range []string{"set", "add"} {
		headers := at.Get(how)
		origins := headers.Fold("access-control-allow-origin")
		if origins.Text() == "" {
			continue
		}
		s := f.site("headers of a route", headers)
		s.setParts(table(), func(p *served) bool { return p.is(f.file.Name, route.Start) })
		s.fault(istioByHand, origins.Span, "")
		s.allowCredentials(headers.Fold("access-control-allow-credentials"))
		for _, p := range s.partsOf("allow_origins", origins, "") {
			if p.text == "*" {
				s.anyRefused(p.at)
			} else {
				s.exact(p)
			}
		}
		s.names("allow_methods", headers.Fold("access-control-allow-methods"), ",")
		s.names("allow_headers", headers.Fold("access-control-allow-headers"), ",")
		s.names("expose_headers", headers.Fold("access-control-expose-headers"), ",")
		s.maxAge(headers.Fold("access-control-max-age"))
		s.finish()
	}
}

func istioPath(match *conftree.Node) string {
	for _, key := range []string{"prefix", "exact"} {
		if v := match.Get("uri", key).Text(); v != "" && v != "/" {
			return v
		}
	}
	return ""
}

func (e *envoySite) readIstio(route *conftree.Node) {
	n := e.at.Node
	e.allowCredentials(n.Get("allowCredentials"))
	for _, m := range n.Get("allowOrigins").Each() {
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
	if !sendsVary(response.Get("add")) && !sendsVary(response.Get("set")) {
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
