package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-answered-by-html-page", Side: Server, at: atMissing, Confidence: likely, shows: []string{"Content-Type"},
		Title: "The response to the preflight is an HTML page",
		When:  "The preflight response has a status from 200 to 299 and is HTML, without CORS headers or Allow.",
		Why:   "A login page or an application's start page answers OPTIONS in place of the API.",
		Fix:   "Let OPTIONS requests reach CORS: before the login check, and before the rule that serves the start page for unknown URLs. If the URL is not the API's, correct it.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Content-Type: text/html; charset=utf-8",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflight() && s.isHTML() && !s.has("Allow") && !s.has(protocol.AllowMethods) && !s.lists("Vary", "Origin")
		},
	}
})
