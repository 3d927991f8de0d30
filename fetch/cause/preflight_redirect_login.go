package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect-login", Side: Server, at: atRedirect, rank: first, Confidence: likely, shows: []string{"Location"},
		Title: "The preflight is redirected to a login page",
		When:  "The preflight response redirects to a URL that looks like a login.",
		Why:   "A preflight never carries cookies or tokens, so a server that checks the login before CORS redirects every preflight. " + noRedirect,
		Fix:   "Let OPTIONS requests pass the login check, or put CORS before it. Respond to API requests without a session with 401 instead of a redirect.",
		Example: fromApp(put(), Answer{
			Status: 302, Headers: "Location: https://login.example.com/oauth2/authorize?client_id=app",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return isLogin(s.location()) && !isLogin(s.url) },
	}
})
