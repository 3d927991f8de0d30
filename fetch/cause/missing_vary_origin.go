package cause

import (
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "missing-vary-origin", Side: Policy, at: atPassed, Severity: verdict.SeverityWarning, Confidence: likely,
		shows: []string{protocol.AllowOrigin, "Vary", "Cache-Control"},
		Title: "Caches may serve this response to pages of other origins: no Vary: Origin",
		When:  "The response may be cached, allows the page's origin by name and has no Vary: Origin, while the preflight response has it.",
		Why:   "The preflight shows that the server's responses depend on the page's origin. A cache that does not know this serves a page of another origin the header for this one, and that page then fails.",
		Fix:   "Send Vary: Origin on every response, those without CORS headers included.",
		Example: fromApp(get(key), granted, Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nCache-Control: public, max-age=600",
		}),
		Fixed:   answered(granted, Answer{Status: 200, Headers: allowed + "Cache-Control: public, max-age=600"}),
		applies: func(s *scene) bool { return s.lacksVary() && s.dependsOnOrigin() },
	}
})
