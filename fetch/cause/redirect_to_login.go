package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-to-login", Side: Server, at: atMissing | atOrigin, rank: first, Confidence: likely, shows: []string{"Location"},
		Title: "The request is redirected to a login page",
		When:  "The request itself is redirected to a URL that looks like a login, and one of the responses has no CORS headers.",
		Why:   "The session is missing or has expired. A redirect to a login page is for people; script cannot log in there.",
		Fix:   "Respond to API requests without a session with 401 and CORS headers, and let the page send the user to the login.",
		Example: fromApp(get(), Answer{
			Status: 302, Headers: "Location: https://login.example.com/authorize?client_id=app",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			return !s.preflight() && (s.redirect() != "" && isLogin(s.location()) || s.last.Hop > 0 && isLogin(s.url))
		},
	}
})
