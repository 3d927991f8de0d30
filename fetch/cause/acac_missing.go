package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acac-missing", Side: Policy, at: atCredentials, shows: []string{protocol.AllowOrigin},
		Title:   "The response does not allow credentials",
		When:    "The request has credentials mode include, no preflight was needed, and the response has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(get()), read),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool {
			return !s.preflight() && s.preflightPassed() == nil && s.answer(protocol.AllowCredentials) == ""
		},
	}
})
