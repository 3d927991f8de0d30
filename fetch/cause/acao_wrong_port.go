package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-wrong-port",
		Title:   "The server allows {value}, but the page has a different port",
		When:    "Access-Control-Allow-Origin differs from the page's origin in the port.",
		Why:     exactly + "A different port is a different origin; development servers take the next port if theirs is in use.",
		Fix:     addIt,
		Example: Scenario{Page: local, Request: get()},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Host() == s.page.Host() && a.Scheme() == s.page.Scheme() && a.Port() != s.page.Port()
		},
	}, "http://localhost:3000")
})
