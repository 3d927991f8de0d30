package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-is-server-own-origin",
		Title: "The server allows its own origin, {value}, instead of the page's",
		When:  "Access-Control-Allow-Origin is the origin of the request's URL.",
		Why:   "The header names the origin of the page that may read the response, not that of the server that sends it.",
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a == s.server && a.Host() != s.page.Host()
		},
	}, "https://api.example.com")
})
