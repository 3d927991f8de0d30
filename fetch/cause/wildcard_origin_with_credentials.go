package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "wildcard-origin-with-credentials", Side: Policy, at: atOrigin, shows: []string{protocol.AllowOrigin, protocol.AllowCredentials},
		Title: "The server allows every origin (*), which does not work with credentials",
		When:  "Access-Control-Allow-Origin is * and the request has credentials mode include.",
		Why:   "With credentials, browsers require the page's own origin: otherwise every site could read what the user's cookies give access to.",
		Fix:   "Respond with {sent} instead of *, from a list of origins, with Access-Control-Allow-Credentials: true and Vary: Origin." + dropThem,
		Example: fromApp(withCookies(get()), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: *",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.answer(protocol.AllowOrigin) == "*" },
	}
})
