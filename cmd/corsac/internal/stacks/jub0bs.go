package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "jub0bs",
	Aliases:  []string{"jub0bs/cors"},
	BuiltOn:  []string{"go"},
	Title:    "jub0bs/cors (Go)",
	Layer:    Application,
	Versions: "jub0bs/cors 1.0", Proof: Live, Holds: holdsMiddleware &^ VaryPreflights,
	Source:   goSource("jub0bs"),
	Server:   netHTTPApp("github.com/jub0bs/cors v1.0.1"),
	Why:      "Its patterns mean the same as corsac's, its settings are checked when it starts, and a refused preflight says nothing. Methods that need no preflight are not listed: it refuses them.",
	Projects: []Project{{File: "go.mod", Contains: "github.com/jub0bs/cors "}},
	Setup:    "cors.NewMiddleware(…)",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("import (")
		c.line(`	"log"`)
		c.line(`	"net/http"`)
		c.line("")
		c.line(`	"github.com/jub0bs/cors"`)
		c.line(")")
		c.line("")
		c.line("// In main, in place of http.ListenAndServe:")
		c.line("corsMiddleware, err := cors.NewMiddleware(cors.Config{")
		c.line("	Origins: %s,", goStrings(slices.DeleteFunc(safeOrigins(p), func(s string) bool { return s == "null" })))
		if methods := safeMethods(p); len(methods) > 0 {
			c.line("	Methods: %s,", goStrings(methods))
		}
		if headers := names(p.AllowHeaders, strings.EqualFold); len(headers) > 0 {
			c.line("	RequestHeaders: %s,", goStrings(headers))
		}
		c.when(len(r.expose) > 0, "	ResponseHeaders: %s,", goStrings(r.expose))
		c.when(r.credentials, "	Credentialed: true,")
		c.when(r.goMaxAge() != 0, "	MaxAgeInSeconds: %d,", r.goMaxAge())
		c.when(p.DangerouslyAllowInsecureOriginsWithCredentials, "	DangerouslyTolerateInsecureOrigins: true,")
		c.when(p.DangerouslyAllowPublicSuffixesWithCredentials, "	DangerouslyTolerateSubdomainsOfPublicSuffixes: true,")
		c.line("})")
		c.line("if err != nil {")
		c.line("	log.Fatal(err)")
		c.line("}")
		c.line(`log.Fatal(http.ListenAndServe(` + goListen + `, corsMiddleware.Wrap(mux)))`)
		if _, all := r.wildcards(); !all {
			r.withoutRegexps("the package")
		}
		s := r.goSnippet(&c, Snippet{
			File:    "main.go",
			Place:   "around the whole mux or router, outside all other middleware",
			Install: "go get github.com/jub0bs/cors",
		})
		s.Lost = slices.DeleteFunc(s.Lost, func(d Difference) bool { return r.anyMethod && d.Text == anyMethodLost })
		return s
	},
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "Wrap the whole router: one that knows only other methods answers OPTIONS with 405."},
		"preflight-requires-auth": {Text: "Wrap outside the middleware that authenticates: the last wrapper is the first that runs."},
		"origin-not-allowed":      {Text: "Add the origin to Origins."},
		"method-not-allowed":      {Text: "Add the method to Methods."},
		"header-not-allowed":      {Text: "Add the header to RequestHeaders."},
	},
})
