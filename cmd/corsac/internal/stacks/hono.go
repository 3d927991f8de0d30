package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "hono",
	Title:    "Hono",
	Layer:    Application,
	Versions: "Hono 4.13", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Server: nodeServer("index.mjs", honoFiles),
	Why:    "Its origin takes strings only, so patterns are a function: one that returns null for other origins, since a constant string would go to everyone. allowHeaders is listed because Hono otherwise allows what is asked for.",
	Signs: []Sign{
		trait(finding.Likely, `the text "404 Not Found" with charset=UTF-8 in upper case`, func(s *Seen) bool {
			return s.Status == 404 && s.Body == "404 Not Found" && s.Headers.Get("Content-Type") == "text/plain; charset=UTF-8"
		}),
	},
	Projects: []Project{{File: "package.json", Contains: `"hono"`}, {File: "deno.json", Contains: "@hono/hono"}},
	Source:   &Source{Files: jsFilesAndPackage, Rules: honoAll(), Read: readHono},
	Setup:    "app.use(cors(…))",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("import { cors } from 'hono/cors';")
		c.line("")
		jsAllowed(&c, r, ": string")
		c.line("app.use('*', cors({")
		if r.anyOrigin {
			c.line("  origin: '*',")
		} else {
			c.line("  origin: (origin) => (isAllowed(origin) ? origin : null),")
		}
		c.line("  allowMethods: [%s],", list(jsString, r.methods...))
		c.when(!r.anyHeader, "  allowHeaders: [%s],", list(jsString, r.someHeaders()...))
		c.when(len(r.expose) > 0, "  exposeHeaders: [%s],", list(jsString, r.expose...))
		c.when(r.credentials, "  credentials: true,")
		c.when(r.maxAge >= 0, "  maxAge: %d,", r.maxAge)
		c.line("}));")
		return r.snippet(&c, Snippet{
			File:      "src/index.ts",
			Place:     "right after const app = new Hono(), before the routes and every other app.use",
			Shortfall: gaps(everyOptions),
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":           {Text: "Without its middleware, Hono answers OPTIONS with 404. Call app.use('*', cors(…)) before the routes."},
		"preflight-without-cors-headers": {Text: "Call app.use('*', cors(…)) before the routes: Hono runs what matches in the order in which it was added, and a route ends the request."},
		"preflight-requires-auth":        {Text: "Call app.use('*', cors(…)) before bearerAuth, jwt and the like. A preflight never carries a cookie or a token."},
		"auth-error-without-cors":        {Text: "Call app.use('*', cors(…)) before bearerAuth, jwt and the like, so that their 401 carries the headers, too."},
		"cors-missing-on-route":          {Text: "The path that is given to app.use does not cover this route: '/api/*' does not cover '/v1/x'. Use '*'."},
	},
})
