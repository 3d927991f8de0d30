package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:  "acao-other-origin",
		Title: "The server allows a different origin, {value}, not the page's",
		When:  "Access-Control-Allow-Origin is an origin that is not like the page's.",
		Why:   exactly + "Either the server always names one fixed origin, or its policy lacks the page's origin and it names another.",
		Fix:   addIt,
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && !s.isLikePage(a)
		},
	}, "https://admin.example.com")
})
