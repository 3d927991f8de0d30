package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "origin-not-allowed", Side: Policy, at: atMissing | atStatus, Confidence: likely,
		shows: []string{"Vary", ">Origin", protocol.AllowMethods, protocol.AllowHeaders},
		Title: "The server's CORS policy refuses the page's origin, {sent}",
		When:  "The response has no Access-Control-Allow-Origin, but shows that the server handles CORS: Vary names Origin, or there are other CORS headers.",
		Why:   "The server checks Origin and does not allow this one. {doubt}",
		Fix:   "Add {sent} to the origins that the policy allows, exactly as written here: scheme, host and port.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Vary: Origin",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			if s.has(protocol.AllowOrigin) || s.preflightPassed() != nil || s.sent() == "null" || s.last.Status >= 500 || s.status(401, 407, 413, 429) {
				return false
			}
			if s.preflight() {
				return (s.has(protocol.AllowMethods) || s.lists("Vary", "Origin")) && !s.status(404, 405, 410)
			}
			return s.lists("Vary", "Origin") && s.redirect() == ""
		},
	}
})
