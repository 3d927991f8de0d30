package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "envoy", Title: "Envoy", Layer: Proxy,
	Holds:    Errors | Vary | Preflights | Replaces,
	Versions: "Envoy 1.31",
	Proof:    Schema,
	Why:      "safe_regex is compared with the whole origin. Envoy never sends Vary: Origin, so the route adds it; it keeps the upstream's Access-Control-Allow-Origin for origins that it refuses, so the route removes it; and it would forward refused preflights, which forward_not_matching_preflights stops.",
	Signs: []Sign{
		product("envoy"),
		hasHeader(finding.Certain, "X-Envoy-Upstream-Service-Time"),
		body(finding.Certain, "upstream connect error or disconnect/reset before headers"),
		bodyPrefix(finding.Likely, "no healthy upstream"),
	},
	Projects: []Project{{File: "envoy.yaml"}, {File: "envoy.yml"}, {File: "*.y*ml", Contains: "envoy.filters.http."}},
	Source:   envoySource,
	Snippet:  envoySnippet,
	Advice:   envoyAdvice,
})

// envoyAdvice is that of all proxies with Envoy inside.
var envoyAdvice = map[string]Advice{
	"gateway-error-without-cors":     {Text: "Envoy made this error, because no host of the cluster answered: start the service, or correct its address or health check. The filter adds CORS headers to such errors if a route with the policy matched."},
	"url-not-found":                  {Text: "No route of Envoy matches this host and path; its own 404 has no CORS headers. Compare the routes with the URL."},
	"auth-error-without-cors":        {Text: "Put the CORS filter before jwt_authn, ext_authz and rbac in http_filters: they run in that order."},
	"preflight-requires-auth":        {Text: "Preflights never carry credentials. Put the CORS filter before jwt_authn, ext_authz and rbac in http_filters: it answers them, and the others never see them."},
	"rate-limited-without-cors":      {Text: "The rate limit of Envoy refused the request. Put the CORS filter before it in http_filters."},
	"preflight-not-routed":           {Text: "Envoy forwards a preflight whose origin matches nothing. List the origin; a route that matches on `:method` must let OPTIONS in."},
	"preflight-without-cors-headers": {Text: "Envoy forwards a preflight whose origin matches nothing. List the origin; a route that matches on `:method` must let OPTIONS in."},
	"conditional-cors-without-vary":  {Text: "The CORS filter never sends Vary. Add it with response_headers_to_add (in Istio: headers.response.add)."},
	"missing-vary-origin":            {Text: "The CORS filter never sends Vary. Add it with response_headers_to_add (in Istio: headers.response.add)."},
	"duplicate-acao":                 {Text: "Remove the header of the application: list it in response_headers_to_remove of the route (in Istio: headers.response.remove), or let only the application set it."},
}

func envoySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Envoy", canEverything&^(canEcho|canOthers|canStatus))
	var c code
	c.line("# 1. In http_filters, before authentication and the router:")
	c.line("- name: envoy.filters.http.cors\n  typed_config:\n    '@type': type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors\n")
	c.line("# 2. In the virtual host (or a route):")
	c.line("typed_per_filter_config:\n  envoy.filters.http.cors:\n    '@type': type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy")
	c.line("    allow_origin_string_match:")
	for _, s := range d.origins() {
		c.line("    - exact: %s", yamlString(s))
	}
	for _, e := range d.expressions() {
		c.line("    - safe_regex: {regex: %s}", yamlString(e))
	}
	join := func(key string, names []string) {
		c.when(len(names) > 0, "    %s: %s", key, yamlString(strings.Join(names, ", ")))
	}
	join("allow_methods", d.methods)
	join("allow_headers", d.headers)
	join("expose_headers", d.expose)
	c.when(d.credentials, "    allow_credentials: true")
	c.when(d.maxAge != "", "    max_age: '%s'", d.maxAge)
	c.line("    forward_not_matching_preflights: false")
	c.line("response_headers_to_remove: [%s]", list(func(s string) string { return strings.ToLower(s) }, corsHeaders...))
	c.line("response_headers_to_add:\n- header: {key: vary, value: Origin}\n  append_action: APPEND_IF_EXISTS_OR_ADD")
	d.gap("adds no CORS headers where no route matches.")
	return Snippet{File: "envoy.yaml", Place: "part 1 in http_filters, part 2 in the virtual host", Code: c.lines(), Shortfall: d.Shortfall}
}
