package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "kong", Title: "Kong", Layer: Proxy,
	Holds:    Errors | Vary | Preflights,
	Versions: "Kong 3",
	Why:      "Kong compares an origin without a colon with the host only, sends a single plain origin to everyone, and reads * as part of an expression: all origins are written as anchored expressions. With credentials and a plain * it would allow every page.",
	Signs: []Sign{
		product("kong"),
		headerContains(finding.Certain, "Via", "kong/"),
		hasHeader(finding.Certain, "X-Kong-Upstream-Latency"),
		hasHeader(finding.Certain, "X-Kong-Proxy-Latency"),
		hasHeader(finding.Certain, "X-Kong-Response-Latency"),
		hasHeader(finding.Certain, "X-Kong-Request-Id"),
		body(finding.Certain, "no Route matched with those values"),
	},
	Projects: []Project{{File: "kong.yml"}, {File: "kong.yaml"}, {File: "kong.conf"}, {File: "*.y*ml", Contains: "konghq.com/"}},
	Source:   kongSource,
	Snippet:  kongSnippet, Routed: kongRouted,
	Advice: map[string]Advice{
		"url-not-found":                  {Text: "No route of Kong matches this host, path and method; its own 404 has no CORS headers unless the plugin is global. Compare the routes with the URL."},
		"preflight-not-routed":           {Text: "A route with `methods` must list OPTIONS too, or the preflight matches no route and the plugin never runs."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. Enable the cors plugin on the same route or service: it answers before the plugins that authenticate. Those have `run_on_preflight: false`, too."},
		"auth-error-without-cors":        {Text: "Enable the cors plugin on the same route or service, or globally: it then adds its headers to the 401 of other plugins."},
		"rate-limited-without-cors":      {Text: "The rate-limiting plugin refused the request. Enable the cors plugin on the same route or service, so that pages can read the 429."},
		"gateway-error-without-cors":     {Text: "Kong made this error, because the service did not answer: start it, or correct its host and port. Enable the cors plugin on the service, so that pages can read it."},
		"duplicate-acao":                 {Text: "Let only one set the header: the cors plugin replaces what the application sends, but a response-transformer with `add` does not."},
		"payload-too-large-without-cors": {Text: "Raise `allowed_payload_size` of the request-size-limiting plugin, or `nginx_proxy_client_max_body_size` in kong.conf."},
		"acao-other-origin":              {Text: "With one plain origin in `origins`, Kong sends that one to everybody. List the origins as regular expressions, as below."},
	},
})

func kongSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Kong", canEverything&^(canEcho|canOthers|canStatus))
	d.methods = d.keep(d.methods, func(name string) bool { return usualMethod(name) || name == "TRACE" || name == "CONNECT" })
	if len(d.methods) == 1 { // a *, for which Kong has no word
		d.methods = usualMethods
		d.cannot(insteadMethods, "cannot allow every method: the usual ones are listed.")
	}
	origins := d.allExpressions()
	if d.any {
		origins = []string{"*"}
	}
	if len(d.headers) == 0 {
		d.headers = []string{"Accept"} // without a list, Kong allows what is asked for
	}
	var c code
	c.line("plugins:\n- name: cors\n  config:")
	c.yamlList("    ", "origins", origins)
	c.yamlList("    ", "methods", d.methods)
	c.yamlList("    ", "headers", d.headers)
	c.yamlList("    ", "exposed_headers", d.expose)
	c.line("    credentials: %t", d.credentials)
	c.when(d.maxAge != "", "    max_age: %s", d.maxAge)
	c.line("    preflight_continue: false")
	d.gap("answers preflights of other origins with the lists too, though without Access-Control-Allow-Origin.")
	return Snippet{File: "kong.yml", Place: "at the top level, or in the service or route that needs it", Code: c.lines(), Shortfall: d.Shortfall}
}

// kongRouted puts the plugin into a service for each route.
func kongRouted(s *Snippet, routes []Route) (left []Route, note string) {
	var c code
	c.line("services:")
	for i, r := range routes {
		if r.Upstream == nil || r.Exact || r.replaced() != "" {
			left = append(left, r)
			continue
		}
		c.line("- name: api%d\n  url: '%s'\n  routes:\n  - name: api%d\n    paths: ['%s']\n    strip_path: false", i+1, r.origin(), i+1, r.prefix())
		c.line("%s", indent("  ", s.Code))
	}
	if len(left) == len(routes) {
		return left, ""
	}
	s.Code = c.lines()
	return left, ""
}
