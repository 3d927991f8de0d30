package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-requires-auth", Side: Server, at: atStatus, shows: []string{"WWW-Authenticate"},
		Title: "The server requires the preflight to authenticate: OPTIONS gets {status}",
		When:  "The preflight response is 401 or 407, or has WWW-Authenticate.",
		Why:   "A preflight never carries cookies, tokens or API keys, so authentication that runs before CORS refuses all of them.",
		Fix:   "Put CORS before authentication, or let OPTIONS requests pass without it. CORS must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 401, Headers: "WWW-Authenticate: Bearer",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.status(401, 407) || s.has("WWW-Authenticate")
		},
	}
})
