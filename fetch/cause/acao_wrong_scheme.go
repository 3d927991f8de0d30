package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-wrong-scheme",
		Title: "The server allows {value}: http and https are two origins",
		When:  "Access-Control-Allow-Origin is the page's origin, except that it has http instead of https or the reverse.",
		Why:   exactly + "Behind a proxy that terminates TLS, an application that builds the value from its own request writes http.",
		Fix:   addIt,
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Host() == s.page.Host() && a.Scheme() != s.page.Scheme() && samePort(a, s.page)
		},
	}, "http://app.example.com")
})
