package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "fiber",
	Aliases:  []string{"gofiber"},
	BuiltOn:  []string{"go"},
	Title:    "Fiber",
	Layer:    Application,
	Versions: "Fiber 3.1", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Source: goSource("fiber"),
	Server: fiberApp.server(),
	Why:    "A wildcard of Fiber also lets strings through that are not origins, so patterns are a function. AllowHeaders is set because Fiber would otherwise allow what is asked for.",
	Signs: []Sign{
		trait(finding.Certain, "Cannot GET and the path in plain text, as Fiber sends it", func(s *Seen) bool {
			return s.Status == 404 && fiberText.MatchString(s.Body) && hasPrefix(s.Headers.Get("Content-Type"), "text/plain")
		}),
		header(finding.Likely, "Server", "fasthttp"),
		trait(finding.Likely, "Date, Content-Type and Content-Length in this order, as fasthttp sends them", func(s *Seen) bool {
			return s.inOrder("Date", "Content-Type", "Content-Length")
		}),
	},
	Projects: []Project{{File: "go.mod", Contains: "github.com/gofiber/fiber/"}},
	Setup:    "app.Use(cors.New(…))",
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var headers []string
		if !r.anyHeader { // without a list, Fiber allows what is asked for
			headers = r.someHeaders()
		}
		var c code
		goAllowed(&c, r, "github.com/gofiber/fiber/v3/middleware/cors")
		c.line("// In main:")
		c.line("app.Use(cors.New(cors.Config{")
		r.goOrigins(&c, `AllowOrigins: []string{"*"},`, "AllowOriginsFunc: isAllowed,")
		r.goNames(&c, headers)
		c.when(r.goMaxAge() != 0, "	MaxAge: %d,", r.goMaxAge())
		c.line("}))")
		return r.goSnippet(&c, Snippet{
			File:  "main.go",
			Place: "right after app := fiber.New(), before the routes; in Fiber v2, the path is fiber/v2, and lists are one string with commas and without blanks",
		})
	},
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "Fiber answers OPTIONS with 405. Call app.Use(cors.New(…)) before the routes."},
		"preflight-requires-auth": {Text: "Call app.Use(cors.New(…)) before app.Use of the middleware that authenticates."},
		"auth-error-without-cors": {Text: "Call app.Use(cors.New(…)) before app.Use of the middleware that authenticates."},
		"origin-not-allowed":      {Text: "Add the origin. In Fiber v2, lists are one string: a blank after a comma makes the entry after it mean nothing."},
	},
})

var fiberText = lazyregexp.New(`^Cannot [A-Z]+ /\S*$`)

// inOrder reports whether the first headers of a response are these, in this
// spelling and order.
func (s *Seen) inOrder(names ...string) bool {
	if len(s.Headers) < len(names) {
		return false
	}
	first := make([]string, len(names))
	for i := range names {
		first[i] = strings.TrimSpace(s.Headers[i].Name)
	}
	return slices.Equal(first, names)
}
