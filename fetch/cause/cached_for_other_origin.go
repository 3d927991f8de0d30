package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cached-for-other-origin", Side: Server, at: atOrigin, rank: first, Confidence: possible,
		shows: []string{protocol.AllowOrigin, "Age", "X-Cache", "CF-Cache-Status", "Vary"},
		Title: "A cache responds with the header for another origin, {value}",
		When:  "The response comes from a cache (Age, X-Cache), allows an origin other than the page's, and has no Vary: Origin.",
		Why:   "Without Vary: Origin, a cache serves the response for one page to pages of other origins. A server that allows only this one origin looks the same.",
		Fix:   "Send Vary: Origin on every response, configure the cache to honor Vary, then purge it. If the server does not allow {sent}, add it.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://admin.example.com\nAge: 40",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && !s.isLikePage(a) && !s.preflight() && s.sent() != "null" && s.isFromCache() && !s.lists("Vary", "Origin")
		},
	}
})
