package cause

const needsTrue = "A request with credentials mode include needs Access-Control-Allow-Credentials: true on the preflight and on the answer. "

// dropThem is the page's way out of a request with credentials.
const dropThem = " If cookies do not matter, leave credentials: \"include\" (withCredentials) out of the request."

func init() {
	register(&Cause{
		Slug: "acac-missing", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "The answer does not allow credentials",
		When:    "The request has credentials mode include, no preflight was needed, and the answer has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(get()), read),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool {
			return !s.preflight() && s.preflightPassed() == nil && s.answer(allowCredentials) == ""
		},
	})
	register(&Cause{
		Slug: "acac-missing-on-preflight", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "The answer to the preflight does not allow credentials",
		When:    "The request has credentials mode include, and the answer to its preflight has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(put()), granted),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflight() && s.answer(allowCredentials) == "" },
	})
	register(&Cause{
		Slug: "acac-missing-on-actual", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "Only the preflight allows credentials, the answer does not",
		When:    "The preflight has Access-Control-Allow-Credentials: true, and the answer to the request itself has none.",
		Why:     needsTrue,
		Fix:     "Set Access-Control-Allow-Credentials: true on the answer to {method}, too.",
		Example: fromApp(withCookies(put()), Answer{Status: 204, Headers: allowed + allowIt + cookies}, read),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflightPassed() != nil && s.answer(allowCredentials) == "" },
	})
	register(&Cause{
		Slug: "acac-not-true", Side: Policy, at: atCredentials, shows: []string{allowCredentials},
		Title: "Access-Control-Allow-Credentials must be true, and is {credentials}",
		When:  "Access-Control-Allow-Credentials has a value other than true.",
		Why:   needsTrue + "The value is compared byte by byte: True, 1 and two lines do not count.",
		Fix:   "Set the header once, to true in lower case.",
		Example: fromApp(withCookies(get()), Answer{
			Status: 200, Headers: allowed + "Access-Control-Allow-Credentials: True",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.answer(allowCredentials) != "" },
	})
}
