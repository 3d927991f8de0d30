package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "acac-not-true", Side: Policy, at: atCredentials, shows: []string{protocol.AllowCredentials},
		Title: "Access-Control-Allow-Credentials must be true, but is {credentials}",
		When:  "Access-Control-Allow-Credentials has a value other than true.",
		Why:   needsTrue + "The value is compared byte by byte: True, 1 and two lines do not count.",
		Fix:   "Set the header once, to true in lower case.",
		Example: fromApp(withCookies(get()), Answer{
			Status: 200, Headers: allowed + "Access-Control-Allow-Credentials: True",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.answer(protocol.AllowCredentials) != "" },
	}
})
