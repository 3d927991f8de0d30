package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acac-missing-on-actual", Side: Policy, at: atCredentials, shows: []string{protocol.AllowOrigin},
		Title:   "The preflight allows credentials, but the response does not",
		When:    "The preflight response has Access-Control-Allow-Credentials: true, and the response to the request itself does not.",
		Why:     needsTrue,
		Fix:     "Set Access-Control-Allow-Credentials: true on the response to {method}, too.",
		Example: fromApp(withCookies(put()), Answer{Status: 204, Headers: allowed + allowIt + cookies}, read),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflightPassed() != nil && s.answer(protocol.AllowCredentials) == "" },
	}
})
