package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "gin",
	Aliases:  []string{"gin-gonic", "gin-contrib/cors"},
	BuiltOn:  []string{"go"},
	Title:    "Gin",
	Layer:    Application,
	Versions: "Gin 1.12 with gin-contrib/cors 1.7", Proof: Live, Holds: Errors | Preflights | Quiet,
	Source: goSource("gin"),
	Server: ginApp.server(),
	Why:    "The package lower-cases expressions that it is given as origins, which changes what they mean, and its wildcards match more than subdomains: patterns are a function. It answers requests from other origins with 403, and sends Vary only to allowed ones.",
	Signs: []Sign{
		trait(finding.Certain, "404 page not found without a newline, in text/plain, as Gin sends it", func(s *Seen) bool {
			return s.Status == 404 && s.Body == "404 page not found" && s.is("Content-Type", "text/plain")
		}),
		trait(finding.Certain, "405 method not allowed without a newline, in text/plain, as Gin sends it", func(s *Seen) bool {
			return s.Status == 405 && s.Body == "405 method not allowed" && s.is("Content-Type", "text/plain")
		}),
		trait(finding.Likely, "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers in three lines, as gin-contrib/cors sends it", func(s *Seen) bool {
			return s.Method == "OPTIONS" && s.Status == 204 && slices.Equal(s.Headers.Values("Vary"), []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"})
		}),
		trait(finding.Possible, "a 403 with neither body nor Vary to a request with Origin, as gin-contrib/cors sends it", func(s *Seen) bool {
			return bareRefusal(s) && s.Method != "OPTIONS"
		}),
	},
	Projects: []Project{{File: "go.mod", Contains: "github.com/gin-gonic/gin "}},
	Setup:    "r.Use(cors.New(…))",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		headers := r.headerList()
		var imports []string
		if r.maxAge > 0 {
			imports = append(imports, "time")
		}
		var c code
		goAllowed(&c, r, append(imports, "github.com/gin-contrib/cors")...)
		c.line("// In main:")
		c.line("r.Use(cors.New(cors.Config{")
		r.goOrigins(&c, "AllowAllOrigins: true,", "AllowOriginFunc: isAllowed,")
		r.goNames(&c, headers)
		c.when(r.maxAge > 0, "	MaxAge: %d * time.Second,", r.maxAge)
		c.when(r.status != 0, "	OptionsResponseStatusCode: %d,", r.status)
		c.line("}))")
		return r.goSnippet(&c, Snippet{
			File:    "main.go",
			Place:   "right after r := gin.New() or gin.Default(), before the routes and other r.Use",
			Install: "go get github.com/gin-contrib/cors",
			Shortfall: gaps(
				"A request of an origin that is not listed gets 403 and never reaches the handler.",
				"Answers to such requests, and to those without Origin, have no Vary: Origin."+corsacInstead),
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "Gin answers OPTIONS with 404. Call r.Use(cors.New(…)) before the routes: a group or a route that was made earlier does not have the middleware."},
		"preflight-requires-auth": {Text: "Call r.Use(cors.New(…)) before r.Use of the middleware that authenticates."},
		"auth-error-without-cors": {Text: "Call r.Use(cors.New(…)) before r.Use of the middleware that authenticates."},
		"cors-missing-on-route":   {Text: "Call r.Use(cors.New(…)) on the engine and before the routes: a group that was made earlier does not have the middleware."},
		"cors-only-on-preflight":  {Text: "Call r.Use(cors.New(…)) on the engine and before the routes: those that were made earlier do not have the middleware, only OPTIONS and unknown paths do."},
		"origin-not-allowed":      {Text: "gin-contrib/cors answers 403 to origins that it does not know. Add the origin."},
		"missing-vary-origin":     {Text: strings.TrimSpace("gin-contrib/cors sends Vary: Origin only to origins that it allows." + corsacInstead)},
		"preflight-redirect-trailing-slash": {
			Text: "RedirectTrailingSlash makes Gin redirect, which no preflight may. Request the URL as the route has it, or set r.RedirectTrailingSlash = false.", Only: true,
		},
	},
})
