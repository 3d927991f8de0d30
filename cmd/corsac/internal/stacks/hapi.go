package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "hapi",
	Title:    "hapi",
	Layer:    Application,
	Versions: "hapi 21.4", Proof: Live, Holds: Errors | Vary | Quiet,
	Server: nodeServer("server.js", hapiFiles),
	Why:    "The setting of the server is the default of all routes. Its * in an origin is compared with the whole origin. The lists of headers have defaults, so both are set. A preflight for a path or a method without a route gets 404.",
	Signs: []Sign{
		trait(finding.Certain, "the JSON of Boom, the errors of hapi, with Cache-Control: no-cache", func(s *Seen) bool {
			return strings.HasPrefix(s.Body, `{"statusCode":`) && strings.Contains(s.Body, `,"error":"`) && s.is("Cache-Control", "no-cache")
		}),
		body(finding.Certain, `{"message":"CORS is disabled for this route"}`),
		body(finding.Certain, `{"message":"CORS error: `),
	},
	Projects: []Project{{File: "package.json", Contains: `"@hapi/hapi"`}},
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		headers, origins := r.headersOf("hapi"), hapiOrigins(r)
		var c code
		c.line("const server = Hapi.server({")
		c.line("  %s", hapiPort)
		c.line("  routes: {")
		c.line("    cors: {")
		c.line("      origin: %s,", origins)
		c.line("      headers: [%s],", list(jsString, headers...))
		c.line("      exposedHeaders: [%s],", list(jsString, r.expose...))
		c.when(r.credentials, "      credentials: true,")
		c.line("      maxAge: %d,", r.seconds())
		c.when(r.status != 0, "      preflightStatusCode: %d,", r.status)
		c.line("    },")
		c.line("  },")
		c.line("});")
		return r.snippet(&c, Snippet{
			File:  "server.js",
			Place: "where the server is made",
			Shortfall: gaps(
				"It allows the method of the preflight if there is a route for it; for paths without a route, the preflight gets 404.",
				"The answers to preflights have no Vary: Origin."),
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":           {Text: "hapi answers a preflight only if there is a route with cors for the path and the method. Set routes.cors where the server is made, and check that the route exists."},
		"preflight-without-cors-headers": {Text: "A body such as {\"message\":\"CORS is disabled for this route\"} says why: set routes.cors where the server is made, without cors: false in the route."},
	},
})

// hapiOrigins returns the origins in the notation of hapi, in which * stands for
// any characters. A route without cors sends nothing.
func hapiOrigins(r *rules) string {
	if r.anyOrigin {
		return "'ignore'" // sends *
	}
	wild, all := r.wildcards()
	if !all {
		r.withoutRegexps("hapi")
	}
	items := append([]string{}, r.exact...)
	for _, w := range wild {
		if bare, ok := strings.CutSuffix(w, ":*"); ok {
			items = append(items, bare)
		}
		items = append(items, w)
	}
	return "[" + list(jsString, items...) + "]"
}
