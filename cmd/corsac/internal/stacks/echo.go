package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "echo",
	Aliases:  []string{"labstack/echo"},
	BuiltOn:  []string{"go"},
	Title:    "Echo",
	Layer:    Application,
	Versions: "Echo 5.4", Proof: Live, Holds: holdsMiddleware,
	Source: goSource("echo"),
	Server: echoApp.server(),
	Why:    "echo v5 compares whole origins only, so patterns are a function, UnsafeAllowOriginFunc. Without AllowHeaders it allows whatever a preflight asks for, so they are listed.",
	Signs: []Sign{
		trait(finding.Certain, `{"message":"Not Found"} with a newline, as Echo sends it`, func(s *Seen) bool {
			return s.Status == 404 && s.Body == `{"message":"Not Found"}`+"\n"
		}),
		trait(finding.Certain, `{"message":"Method Not Allowed"} with a newline, as Echo sends it`, func(s *Seen) bool {
			return s.Status == 405 && s.Body == `{"message":"Method Not Allowed"}`+"\n"
		}),
		trait(finding.Likely, "an Allow that begins with OPTIONS, as Echo sends it", func(s *Seen) bool {
			return s.Status == 204 && s.Method == "OPTIONS" && strings.HasPrefix(s.Headers.Get("Allow"), "OPTIONS, ")
		}),
	},
	Projects: []Project{{File: "go.mod", Contains: "github.com/labstack/echo/"}},
	Setup:    "e.Use(middleware.CORSWithConfig(…))",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var headers []string // with any header, Echo allows what is asked for
		if !r.anyHeader {
			headers = r.someHeaders()
		}
		var c code
		imports := []string{"github.com/labstack/echo/v5/middleware"}
		if len(r.patterns) > 0 {
			imports = append([]string{"github.com/labstack/echo/v5"}, imports...)
		}
		goAllowed(&c, r, imports...)
		c.line("// In main:")
		c.line("e.Use(middleware.CORSWithConfig(middleware.CORSConfig{")
		r.goOrigins(&c, `AllowOrigins: []string{"*"},`,
			"UnsafeAllowOriginFunc: func(_ *echo.Context, origin string) (string, bool, error) {",
			"	return origin, isAllowed(origin), nil",
			"},")
		r.goNames(&c, headers)
		c.when(r.goMaxAge() != 0, "	MaxAge: %d,", r.goMaxAge())
		c.line("}))")
		return r.goSnippet(&c, Snippet{
			File:  "main.go",
			Place: "right after e := echo.New(), before the routes; in Echo v4, the path is echo/v4, and the function is AllowOriginFunc: func(origin string) (bool, error)",
		})
	},
	Advice: map[string]Advice{
		"preflight-without-cors-headers": {Text: "Echo answers OPTIONS with 204 by itself for paths that it has. Call e.Use(middleware.CORSWithConfig(…)) on the instance, not on a group."},
		"preflight-requires-auth":        {Text: "Call e.Use(middleware.CORSWithConfig(…)) before e.Use of the middleware that authenticates."},
		"auth-error-without-cors":        {Text: "Call e.Use(middleware.CORSWithConfig(…)) before e.Use of the middleware that authenticates."},
		"cors-missing-on-route":          {Text: "Call e.Use(middleware.CORSWithConfig(…)) on the instance, not on a group."},
	},
})
