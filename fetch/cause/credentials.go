package cause

const needsTrue = "A request with credentials mode include needs Access-Control-Allow-Credentials: true on the preflight response and on the response itself. "

// dropThem is the page's way out of a request with credentials.
const dropThem = " If cookies do not matter, remove credentials: \"include\" (withCredentials) from the request."

// credentials adds what is wrong with Access-Control-Allow-Credentials.
func (r *registry) credentials() {
	r.add(&Cause{
		Slug: "acac-missing", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "The response does not allow credentials",
		When:    "The request has credentials mode include, no preflight was needed, and the response has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(get()), read),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool {
			return !s.preflight() && s.preflightPassed() == nil && s.answer(allowCredentials) == ""
		},
	})
	r.add(&Cause{
		Slug: "acac-missing-on-preflight", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "The preflight response does not allow credentials",
		When:    "The request has credentials mode include, and the response to its preflight has no Access-Control-Allow-Credentials.",
		Why:     needsTrue,
		Fix:     "Allow credentials in the server's policy for {sent}." + dropThem,
		Example: fromApp(withCookies(put()), granted),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflight() && s.answer(allowCredentials) == "" },
	})
	r.add(&Cause{
		Slug: "acac-missing-on-actual", Side: Policy, at: atCredentials, shows: []string{allowOrigin},
		Title:   "The preflight allows credentials, but the response does not",
		When:    "The preflight response has Access-Control-Allow-Credentials: true, and the response to the request itself does not.",
		Why:     needsTrue,
		Fix:     "Set Access-Control-Allow-Credentials: true on the response to {method}, too.",
		Example: fromApp(withCookies(put()), Answer{Status: 204, Headers: allowed + allowIt + cookies}, read),
		Fixed:   answered(Answer{Status: 204, Headers: allowed + allowIt + cookies}, Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.preflightPassed() != nil && s.answer(allowCredentials) == "" },
	})
	r.add(&Cause{
		Slug: "acac-not-true", Side: Policy, at: atCredentials, shows: []string{allowCredentials},
		Title: "Access-Control-Allow-Credentials must be true, but is {credentials}",
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
