package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "fastify",
	Title:    "Fastify",
	Layer:    Application,
	Versions: "Fastify 5.12 with @fastify/cors 11.4", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Server: nodeServer("server.mjs", fastifyFiles),
	Why:    "Since version 11, @fastify/cors allows only GET, HEAD and POST, and headers are whatever a preflight asks for: both are listed. It is registered first, so that its hook comes before those that authenticate.",
	Signs: []Sign{
		bodyLike(finding.Certain, `^\{"message":"Route [A-Z]+:[^"]* not found","error":"Not Found","statusCode":404\}$`, "the JSON of Fastify for a path that no route takes"),
		body(finding.Certain, `"code":"FST_ERR_`),
		body(finding.Likely, `{"statusCode":500,"error":"Internal Server Error","message":"`),
	},
	Projects: []Project{{File: "package.json", Contains: `"fastify"`}},
	Source:   &Source{Files: jsFilesAndPackage, Rules: fastifyAll(), Read: readFastify},
	Setup:    "app.register(cors, …)",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("await fastify.register(require('@fastify/cors'), { // or: import cors from '@fastify/cors';")
		npmCors(&c, r, "  ")
		c.line("});")
		return r.snippet(&c, Snippet{
			File:      "server.js",
			Place:     "right after fastify is made, before other plugins and the routes",
			Install:   "npm install @fastify/cors",
			Shortfall: gaps("An OPTIONS request that is not a preflight is answered with 400."),
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":           {Text: "Without @fastify/cors, Fastify answers OPTIONS with 404. Register the plugin on the root instance and await it before the routes: a plugin that is registered inside another one is not seen outside it."},
		"preflight-without-cors-headers": {Text: "Something else answers OPTIONS, such as a route for OPTIONS *. Remove it: @fastify/cors has one of its own."},
		"preflight-requires-auth":        {Text: "Register @fastify/cors before the plugin that authenticates: both use the onRequest hook, in the order in which they are registered."},
		"auth-error-without-cors":        {Text: "Register @fastify/cors before the plugin that authenticates: both use the onRequest hook, in the order in which they are registered."},
		"cors-missing-on-route":          {Text: "Plugins are encapsulated: register @fastify/cors on the root instance, not inside the plugin of some routes."},
		"method-not-allowed":             {Text: "List the method: from version 11 on, @fastify/cors allows only GET, HEAD and POST by itself."},
	},
})
