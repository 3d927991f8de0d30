package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "gateway-api", Aliases: []string{"httproute"}, Title: "Gateway API", Layer: Proxy,
	Versions: "Gateway API 1.6", Holds: Preflights,
	Proof:    Schema,
	Why:      "The CORS filter is part of the extended features: ask your implementation whether it supports HTTPRouteCORS. The standard does not say what happens to errors, to preflights that are refused and to headers of the service, so they differ between implementations. It does not add Vary either: a second filter does.",
	Projects: []Project{{File: "*.y*ml", Contains: "gateway.networking.k8s.io/", Sure: finding.Certain}},
	Source:   gatewaySource,
	Snippet:  gatewaySnippet,
	Advice: map[string]Advice{
		"url-not-found":        {Text: "No HTTPRoute matches this host and path; what the gateway itself answers has no CORS headers. Compare hostnames and matches with the URL."},
		"preflight-not-routed": {Text: "A match with `method` sends OPTIONS elsewhere. The CORS filter answers preflights of the rule that it stands in; not every gateway has it: look for HTTPRouteCORS in its list of features."},
	},
})

func gatewaySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Gateway API", canEverything&^(canPorts|canRegexps|canEcho|canOthers|canStatus))
	d.methods = d.keep(d.methods, func(name string) bool { return usualMethod(name) || name == "TRACE" || name == "CONNECT" })
	if slices.Contains(d.exact, "null") {
		d.cannot(insteadProxy, "cannot allow the origin null.")
		d.exact = slices.DeleteFunc(d.exact, func(s string) bool { return s == "null" })
	}
	var c code
	c.line("rules:\n- filters:\n  - type: CORS\n    cors:")
	const indent = "      "
	c.yamlList(indent, "allowOrigins", d.wildcards())
	c.yamlList(indent, "allowMethods", d.methods)
	c.yamlList(indent, "allowHeaders", d.headers)
	c.yamlList(indent, "exposeHeaders", d.expose)
	c.when(d.credentials, indent+"allowCredentials: true")
	if d.maxAge == "0" {
		d.gap("has no maxAge below 1: browsers remember preflights for one second.")
		d.maxAge = "1"
	}
	c.when(d.maxAge != "", indent+"maxAge: %s", d.maxAge)
	if !d.any {
		c.line("  - type: ResponseHeaderModifier\n    responseHeaderModifier:\n      add: [{name: Vary, value: Origin}]")
	}
	c.line("  backendRefs: []  # your services")
	d.gap("leaves it to the implementation whether errors have CORS headers, and whether preflights have Vary.")
	return Snippet{File: "httproute.yaml", Place: "in spec of the HTTPRoute, merged with your rules; the gateway must support HTTPRouteCORS", Code: c.lines(), Shortfall: d.Shortfall}
}
