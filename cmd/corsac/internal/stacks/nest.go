package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "nest",
	Aliases:  []string{"nestjs"},
	BuiltOn:  []string{"express", "fastify"},
	Title:    "NestJS",
	Layer:    Application,
	Versions: "NestJS 12.5 with cors 2.8.6", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Why:    "enableCors passes its options to the package cors (or @fastify/cors): an array, because a single string goes to everyone, and allowedHeaders, because all headers are allowed otherwise. Nest runs it before guards, so that preflights need no token.",
	Server: nodeServer("main.mjs", nestFiles),
	Signs: []Sign{
		bodyLike(finding.Certain, `^\{"message":"Cannot [A-Z]+ [^"]*","error":"Not Found","statusCode":404\}$`, "the JSON of NestJS for a path that no route takes"),
		bodyLike(finding.Likely, `^\{"statusCode":500,"message":"Internal server error"\}$`, "the JSON of NestJS for an exception"),
		bodyLike(finding.Likely, `^\{"message":"[^"]*","statusCode":4[0-9]{2}\}$`, "the JSON of an exception of NestJS"),
	},
	Projects: []Project{{File: "package.json", Contains: `"@nestjs/core"`}},
	Source:   &Source{Files: jsPatterns, Rules: npmRules.all, Read: readNest},
	Setup:    "app.enableCors(…)",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("app.enableCors({")
		npmCors(&c, r, "  ")
		c.line("});")
		return r.snippet(&c, Snippet{
			File:      "src/main.ts",
			Place:     "in bootstrap(), right after NestFactory.create, before app.use and app.listen",
			Shortfall: gaps(everyOptions),
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":           {Text: "Call app.enableCors(…) in main.ts; without it, Nest answers OPTIONS with 404."},
		"preflight-without-cors-headers": {Text: "Call app.enableCors(…) before app.use(…) in main.ts."},
		"preflight-requires-auth":        {Text: "Call app.enableCors(…) before app.use(…) with a middleware that authenticates. Guards run after it."},
		"auth-error-without-cors":        {Text: "Call app.enableCors(…) before app.use(…) with a middleware that authenticates. What a guard answers carries the headers by itself."},
		"server-error-without-cors":      {Text: "The stack trace is in the log of the server: fix that first. An exception filter that writes to the raw response must not remove headers."},
		"websocket-origin-rejected":      {Text: "A gateway has options of its own: @WebSocketGateway({ cors: { origin: […], credentials: true } }).", Only: true},
	},
})

// readNest returns the calls of app.enableCors(…), and the option cors of
// NestFactory.create, whose options are those of the npm package cors.
func readNest(t *source.Tree) (sites []*Site) {
	for _, f := range jsFiles(t, "enableCors", "NestFactory") {
		for _, c := range f.Methods("enableCors") {
			s := &jsSettings{jsFile: f}
			s.readArgs(npmCorsPackage, c.Range, c.Args)
			sites = append(sites, s.site("app.enableCors(…)", "", c.Range))
		}
		for _, c := range f.Methods("create") {
			if f.Source(f.Receiver(c.Start)) != "NestFactory" || len(c.Args) < 2 {
				continue
			}
			v := f.value(c.Args[len(c.Args)-1])
			p := v.Prop("cors")
			if p == nil || p.Value.Kind == js.FalseValue {
				continue
			}
			if v.In != nil || f.At(p.Start) == "..." { // all of the options are from elsewhere
				p.Range = c.Range
			}
			s := &jsSettings{jsFile: f}
			options := p.Value
			if options.Kind == js.TrueValue {
				options.Kind = js.NullValue
			}
			s.readOptions(npmCorsPackage, p.Range, &options)
			sites = append(sites, s.site("NestFactory.create(…)", "", p.Range))
		}
	}
	return once(sites)
}
