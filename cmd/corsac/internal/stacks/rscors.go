package stacks

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "rs-cors",
	Aliases:  []string{"rs/cors"},
	BuiltOn:  []string{"go"},
	Title:    "rs/cors (Go)",
	Layer:    Application,
	Versions: "rs/cors 1.11", Proof: Live, Holds: holdsMiddleware,
	Source: goSource("rs-cors"),
	Server: netHTTPApp("github.com/rs/cors v1.11.1"),
	Why:    "A wildcard of rs/cors is a beginning and an end, with anything between them, so patterns are a function. HEAD is listed because rs/cors sends no headers to methods that are not, not even with actual requests. It wants the names in Access-Control-Request-Headers as browsers send them: in lower case and sorted.",
	Signs: []Sign{
		trait(finding.Likely, "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers in one line, as rs/cors sends it", func(s *Seen) bool {
			return s.Method == "OPTIONS" && s.Status == 204 && len(s.Headers.Values("Vary")) == 1 && s.is("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		}),
	},
	Projects: []Project{{File: "go.mod", Contains: "github.com/rs/cors "}},
	Setup:    "cors.New(…).Handler(…)",
	Snippet: func(p *cors.Policy) Snippet {
		return rsSnippet(p, Snippet{
			File:    "main.go",
			Place:   "around the whole mux or router, outside all other middleware",
			Install: "go get github.com/rs/cors",
		}, "github.com/rs/cors", "AllowOriginFunc: isAllowed,", "log.Fatal(http.ListenAndServe("+goListen+", cors.New(%s).Handler(mux)))")
	},
	Advice: rsAdvice,
})

var _ = register(&Stack{
	Name:     "chi",
	Aliases:  []string{"go-chi", "go-chi/cors"},
	BuiltOn:  []string{"go"},
	Title:    "chi",
	Layer:    Application,
	Versions: "chi 5.2 with go-chi/cors 1.2", Proof: Live, Holds: holdsMiddleware,
	Source: goSource("chi"),
	Server: chiApp.server(),
	Why:    "go-chi/cors is an older rs/cors: a wildcard is a beginning and an end, so patterns are a function, and HEAD is listed because methods that are not get no headers. r.Use stands before the routes.",
	Signs: []Sign{
		trait(finding.Possible, "a 405 with Allow and without a body, as chi sends it", func(s *Seen) bool {
			return s.Status == 405 && s.Body == "" && s.Headers.Has("Allow") && s.lacks("Content-Type", "Server") && s.is("Content-Length", "0")
		}),
	},
	Projects: []Project{{File: "go.mod", Contains: "github.com/go-chi/chi"}},
	Setup:    "r.Use(cors.Handler(…))",
	Snippet: func(p *cors.Policy) Snippet {
		return rsSnippet(p, Snippet{
			File:    "main.go",
			Place:   "right after r := chi.NewRouter(), before the routes and other r.Use",
			Install: "go get github.com/go-chi/cors",
		}, "github.com/go-chi/cors", "AllowOriginFunc: func(_ *http.Request, origin string) bool { return isAllowed(origin) },", "r.Use(cors.Handler(%s))")
	},
	Advice: rsAdvice,
})

// rsAdvice is what rs/cors and its fork in chi have in common.
var rsAdvice = map[string]Advice{
	"preflight-not-routed":    {Text: "Use the middleware on the whole router, before the routes: a router that knows only other methods answers OPTIONS with 405."},
	"preflight-requires-auth": {Text: "Use the middleware outside the one that authenticates: the first r.Use, or the last wrapper. A preflight never carries a cookie or a token."},
	"auth-error-without-cors": {Text: "Use the middleware outside the one that authenticates: the first r.Use, or the last wrapper."},
	"cors-missing-on-method":  {Text: "The middleware compares the method of every request with AllowedMethods, not only that of preflights: list HEAD, and every method that pages use."},
	"method-not-allowed":      {Text: "Add the method to AllowedMethods. The middleware answers a preflight with nothing but the method that was asked for."},
	"origin-not-allowed":      {Text: "Add the origin. The middleware answers preflights of other origins with success, but without CORS headers."},
	"header-not-allowed":      {Text: "Add the header to AllowedHeaders."},
}

// rsSnippet returns the snippet of rs/cors and its fork. origin is the line with
// the function, and call has a place for the options.
func rsSnippet(p *cors.Policy, s Snippet, path, origin, call string) Snippet {
	r := rulesOf(p)
	headers := r.someHeaders() // without a list, the package allows some of its own
	if r.anyHeader {
		headers = []string{"*"} // echoed, so that it goes with credentials
	}
	var o code
	o.line("cors.Options{")
	switch {
	case r.anyOrigin:
		o.line(`	AllowedOrigins: []string{"*"},`)
	case len(r.patterns) > 0:
		o.line("	%s", origin)
	default:
		o.line("	AllowedOrigins: %s,", goStrings(r.exact))
	}
	o.line("	AllowedMethods: %s,", goStrings(r.methods))
	o.line("	AllowedHeaders: %s,", goStrings(headers))
	o.when(len(r.expose) > 0, "	ExposedHeaders: %s,", goStrings(r.expose))
	o.when(r.credentials, "	AllowCredentials: true,")
	o.when(r.goMaxAge() != 0, "	MaxAge: %d,", r.goMaxAge())
	o.line("}")
	var c code
	goAllowed(&c, r, path)
	c.line("// In main:")
	c.line("%s", fmt.Sprintf(call, o.lines()))
	if r.anyMethod || len(p.AllowMethods) > 0 {
		s.Gaps = append(s.Gaps, "The answer to a preflight names only the method that was asked for, so that browsers ask again for another one.")
	}
	return r.goSnippet(&c, s)
}
