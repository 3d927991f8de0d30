package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "traefik", Title: "Traefik", Layer: Proxy,
	Versions: "Traefik 3.7", Proof: Live, Holds: Errors | Vary | Preflights | Replaces,
	Why: "Expressions of Traefik match anywhere in the origin, so they have anchors. addVaryHeader is off by default. The empty Access-Control-Allow-Origin in customResponseHeaders removes that of the service, which would otherwise reach other origins.",
	// Its 404 is that of Go's net/http, and shows nothing.
	Signs: []Sign{
		plainError(finding.Likely, 502, "Bad Gateway"),
		plainError(finding.Likely, 504, "Gateway Timeout"),
	},
	Projects: []Project{
		{File: "traefik.yml"},
		{File: "traefik.yaml"},
		{File: "traefik.toml"},
		{File: "docker-compose*.y*ml", Contains: "traefik."},
		{File: "compose*.y*ml", Contains: "traefik."},
	},
	Source:  traefikSource,
	Snippet: traefikSnippet, Routed: traefikRouted,
	Forms: []Form{{"labels", traefikLabels}},
	Advice: map[string]Advice{
		"url-not-found":                  {Text: "No router of Traefik matches this host and path; its own 404 has no CORS headers. Compare the `rule` of the router with the URL; the dashboard lists the routers."},
		"duplicate-acao":                 {Text: "Let only one set the header: remove it in the application, or delete the `accessControl…` lines of the middleware."},
		"gateway-error-without-cors":     {Text: "Traefik made this error, because the service did not answer: start it, or correct its port (`traefik.http.services.…loadbalancer.server.port`). With the headers middleware on the router, pages can read the error too."},
		"rate-limited-without-cors":      {Text: "The RateLimit middleware refused the request. List the middleware with the CORS headers before it, so that pages can read the 429."},
		"auth-error-without-cors":        {Text: "List the middleware with the CORS headers before basicAuth or forwardAuth in the `middlewares` of the router: they run in that order."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. List the middleware with the CORS headers before basicAuth or forwardAuth in the `middlewares` of the router: it answers preflights by itself."},
		"preflight-redirect-https":       {Text: "Call the https URL: redirectScheme, or the redirection of the entry point, answers the other one, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":  {Text: "Set `addVaryHeader: true` in the headers middleware."},
		"missing-vary-origin":            {Text: "Set `addVaryHeader: true` in the headers middleware."},
		"preflight-not-routed":           {Text: "The headers middleware answers preflights if it has a list of methods (`accessControlAllowMethods`) and is on the router; a rule with `Method(…)` must let OPTIONS in."},
		"preflight-without-cors-headers": {Text: "The headers middleware is not on the router that takes the preflight, or lists no origin for it. A rule with `Method(…)` sends OPTIONS elsewhere."},
	},
})

// traefikCan is what its headers middleware can do.
const traefikCan = canEverything &^ (canEcho | canOthers | canStatus)

// traefikGap is what it cannot.
const traefikGap = "answers preflights of other origins with the lists too, though without Access-Control-Allow-Origin, and none of its answers to preflights has Vary."

func traefikSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Traefik", traefikCan)
	var c code
	c.line("# In a file of the file provider; for labels, see corsac generate traefik --as labels.")
	c.line("http:\n  middlewares:\n    cors:\n      headers:")
	const indent = "        "
	for _, f := range d.traefik() {
		c.yamlList(indent, f.name, f.values)
	}
	c.when(d.credentials, indent+"accessControlAllowCredentials: true")
	c.when(d.maxAge != "", indent+"accessControlMaxAge: %s", d.maxAge)
	c.when(!d.any, indent+"addVaryHeader: true")
	c.line(indent + "customResponseHeaders:\n" + indent + `  Access-Control-Allow-Origin: ""  # removes that of the application`)
	c.line(traefikRouter)
	d.gap(traefikGap)
	return Snippet{File: "dynamic.yml", Place: "the middleware, and its name first in the middlewares of your router", Code: c.lines(), Shortfall: d.Shortfall}
}

// traefikRouter stands for the routers that people have.
const traefikRouter = "  routers:\n    api:  # your router\n      middlewares: [cors]"

// traefikRouted writes the routers, with a service for each.
func traefikRouted(s *Snippet, routes []Route) (left []Route, note string) {
	var routers, services code
	for i, r := range routes {
		if r.Upstream != nil && r.replaced() != "" {
			left = append(left, r)
			continue
		}
		matcher := "PathPrefix"
		if r.Exact {
			matcher = "Path"
		}
		routers.line("    api%d:\n      rule: %s(`%s`)\n      middlewares: [cors]", i+1, matcher, r.prefix())
		if r.Upstream != nil {
			routers.line("      service: api%d", i+1)
			services.line("    api%d:\n      loadBalancer:\n        servers:\n        - url: '%s'", i+1, r.origin())
		}
	}
	if routers.String() == "" {
		return left, ""
	}
	written := "  routers:\n" + routers.String()
	if services.String() != "" {
		written += "  services:\n" + services.String()
	}
	s.Code = strings.Replace(s.Code, traefikRouter, strings.TrimSuffix(written, "\n"), 1)
	return left, ""
}

// traefikLists are the settings that are lists.
type traefikLists struct {
	name   string
	values []string
}

func (d *plan) traefik() []traefikLists {
	return []traefikLists{
		{"accessControlAllowOriginList", d.origins()},
		{"accessControlAllowOriginListRegex", d.expressions()},
		{"accessControlAllowMethods", d.methods},
		{"accessControlAllowHeaders", d.headers},
		{"accessControlExposeHeaders", d.expose},
	}
}

// withoutCommas writes an expression without {m,n}, as far as wildcards have it.
var withoutCommas = strings.NewReplacer("[0-9]{0,4}", "[0-9]?[0-9]?[0-9]?[0-9]?")

// traefikLabels returns the middleware as labels of a Compose file, where each $
// is written twice. Commas separate the values of a list, so that no expression
// may have one.
func traefikLabels(p *cors.Policy) Snippet {
	d := planFor(p, "Traefik", traefikCan)
	d.regexps = slices.DeleteFunc(d.regexps, func(re pattern) bool {
		if strings.Contains(re.re, ",") {
			d.cannot(insteadPattern, "cannot have an expression with a comma in a label: %s.", re.re)
			return true
		}
		return false
	})
	var c code
	label := func(name, value string) {
		c.line("  - %s", yamlString("traefik.http."+name+"="+strings.ReplaceAll(value, "$", "$$")))
	}
	c.line("labels:")
	const middleware = "middlewares.cors.headers."
	for _, f := range d.traefik() {
		if len(f.values) > 0 {
			label(middleware+strings.ToLower(f.name), withoutCommas.Replace(strings.Join(f.values, ",")))
		}
	}
	if d.credentials {
		label(middleware+"accesscontrolallowcredentials", "true")
	}
	if d.maxAge != "" {
		label(middleware+"accesscontrolmaxage", d.maxAge)
	}
	if !d.any {
		label(middleware+"addvaryheader", "true")
	}
	label(middleware+"customresponseheaders.Access-Control-Allow-Origin", "")
	label("routers.api.middlewares", "cors")
	d.gap(traefikGap)
	return Snippet{File: "compose.yaml", Place: "in your service, with the name of your router for api", Code: c.lines(), Shortfall: d.Shortfall}
}
