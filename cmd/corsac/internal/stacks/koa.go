package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "koa",
	Title:    "Koa",
	Layer:    Application,
	Versions: "Koa 3.3 with @koa/cors 5.0", Proof: Live, Holds: Errors | VaryPreflights | Preflights | Quiet,
	Why:    "@koa/cors takes a constant or a function, no list; with credentials and no origin it allows every page. The function returns an empty string for other origins, which then get no headers.",
	Server: nodeServer("app.js", koaFiles),
	Signs: []Sign{
		cookie(finding.Certain, "koa.sess"),
		cookie(finding.Certain, "koa:sess"),
		trait(finding.Possible, "a plain-text error of Node.js with its length", func(s *Seen) bool {
			return s.Status == 404 && s.Body == "Not Found" && isNode(s) && s.is("Content-Type", "text/plain; charset=utf-8")
		}),
	},
	Projects: []Project{{File: "package.json", Contains: `"koa"`}},
	Source:   &Source{Files: jsFilesAndPackage, Rules: koaAll(), Read: readKoa},
	Setup:    "app.use(cors(…))",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("const cors = require('@koa/cors'); // or: import cors from '@koa/cors';")
		c.line("")
		jsAllowed(&c, r, "")
		c.line("app.use(cors({")
		if r.anyOrigin {
			c.line("  origin: '*',")
		} else {
			c.line("  origin: (ctx) => (isAllowed(ctx.get('Origin')) ? ctx.get('Origin') : ''),")
		}
		c.line("  allowMethods: [%s],", list(jsString, r.methods...))
		c.when(!r.anyHeader, "  allowHeaders: [%s],", list(jsString, r.someHeaders()...))
		c.when(len(r.expose) > 0, "  exposeHeaders: [%s],", list(jsString, r.expose...))
		c.when(r.credentials, "  credentials: true,")
		c.when(r.maxAge == 0, "  maxAge: '0', // the number 0 is not sent")
		c.when(r.maxAge > 0, "  maxAge: %d,", r.maxAge)
		c.line("}));")
		return r.snippet(&c, Snippet{
			File:      "app.js",
			Place:     "right after const app = new Koa(), before every other app.use",
			Install:   "npm install @koa/cors",
			Shortfall: gaps(koaGaps(r)...),
		})
	},
	Advice: map[string]Advice{
		"preflight-without-cors-headers": {Text: "router.allowedMethods() answers OPTIONS without CORS headers. Call app.use(cors(…)) before app.use(router.routes())."},
		"preflight-not-routed":           {Text: "Call app.use(cors(…)) before everything else that the app uses; without it, Koa answers OPTIONS with 404 or 405."},
		"preflight-requires-auth":        {Text: "Call app.use(cors(…)) before the middleware that authenticates. A preflight never carries a cookie or a token."},
		"auth-error-without-cors":        {Text: "Call app.use(cors(…)) before the middleware that authenticates, and leave keepHeadersOnError on, so that ctx.throw(401) keeps the headers."},
		"server-error-without-cors":      {Text: "The stack trace is in the log of the server: fix that first. Call app.use(cors(…)) before everything that can fail, and leave keepHeadersOnError on."},
	},
})

func koaGaps(r *rules) []string {
	if r.anyOrigin {
		return nil
	}
	return []string{"Koa takes Vary: Origin off the answers to errors that are thrown, if the origin is not allowed."}
}
