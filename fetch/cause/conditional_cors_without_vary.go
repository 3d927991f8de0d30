package cause

import (
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "conditional-cors-without-vary", Side: Policy, at: atPassed, Severity: verdict.SeverityNote, Confidence: possible,
		shows: []string{protocol.AllowOrigin, "Vary", "Cache-Control"},
		Title: "If other origins are also allowed, caches mix them up: no Vary: Origin",
		When:  "The response may be cached, allows the page's origin by name, and has no Vary: Origin.",
		Why:   "A server that responds to each origin with its own name must send Vary: Origin, or a cache serves one page the header for another. If this is the only origin, nothing is wrong.",
		Fix:   "Unless this is the only origin that is ever allowed, send Vary: Origin on every response.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nCache-Control: public, max-age=600",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + "Cache-Control: public, max-age=600"}),
		applies: func(s *scene) bool { return s.lacksVary() && !s.dependsOnOrigin() },
	}
})
