package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-www-mismatch",
		Title:   "The server allows {value}: with and without www. are two origins",
		When:    "Access-Control-Allow-Origin is the page's origin with or without www.",
		Why:     exactly + "The host with www. and the one without are two origins.",
		Fix:     addIt + " Or redirect the page's users to one of the two hosts.",
		Example: Scenario{Page: "https://www.example.com", Request: get()},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Scheme() == s.page.Scheme() && a.Port() == s.page.Port() && isWWW(a.Host(), s.page.Host())
		},
	}, "https://example.com")
})
