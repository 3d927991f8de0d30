package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "istio", Title: "Istio", Layer: Proxy,
	Holds: Errors | Vary | Preflights | Replaces, BuiltOn: []string{"envoy"},
	Versions: "Istio 1.24",
	Proof:    Schema,
	Why:      "A regex is compared with the whole origin; prefix would also allow https://app.example.com.evil.example. Istio never sends Vary, so the route adds it, and unmatchedPreflights: IGNORE keeps refused preflights from the service.",
	Signs: []Sign{
		product("istio-envoy"),
		hasHeader(finding.Certain, "X-Envoy-Decorator-Operation"),
	},
	Projects: []Project{{File: "*.y*ml", Contains: "networking.istio.io/"}},
	Source:   istioSource,
	Snippet:  istioSnippet,
	Advice:   envoyAdvice,
})

func istioSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Istio", canEverything&^(canEcho|canOthers|canStatus))
	var c code
	c.line("http:\n- corsPolicy:\n    allowOrigins:")
	for _, s := range d.origins() {
		c.line("    - exact: %s", yamlString(s))
	}
	for _, e := range d.expressions() {
		c.line("    - regex: %s", yamlString(e))
	}
	c.yamlList("    ", "allowMethods", d.methods)
	c.yamlList("    ", "allowHeaders", d.headers)
	c.yamlList("    ", "exposeHeaders", d.expose)
	c.when(d.credentials, "    allowCredentials: true")
	c.when(d.maxAge != "", "    maxAge: %ss", d.maxAge)
	c.line("    unmatchedPreflights: IGNORE")
	c.line("  headers:\n    response:\n      add: {vary: Origin}")
	c.yamlList("      ", "remove", corsHeaders)
	c.line("  route: []  # your routes")
	d.gap("adds no CORS headers where no route matches.")
	return Snippet{File: "virtualservice.yaml", Place: "in spec of the VirtualService, merged with your http routes", Code: c.lines(), Shortfall: d.Shortfall}
}
