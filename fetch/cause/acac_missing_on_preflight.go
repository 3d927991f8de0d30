package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acac-missing-on-preflight", Side: Policy, at: atCredentials, shows: []string{protocol.AllowOrigin},
		Title:   "The preflight response does not allow credentials",
		When:    "The request has credentials mode include, and the response to its preflight has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(put()), granted),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflight() && s.answer(protocol.AllowCredentials) == "" },
	}
})
