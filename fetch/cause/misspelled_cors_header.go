package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "misspelled-cors-header", Side: Server, at: atMissing | atCredentials | atMethods | atHeaders, rank: garbled,
		Title: "A CORS header is misspelled: {wrong}",
		When:  "The response lacks a header that the browser needs, and has one whose name is nearly the same.",
		Why:   "Browsers ignore headers that they do not recognize. The name is {right}.",
		Fix:   "Rename {wrong} to {right} in the server.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origins: *",
		}),
		Fixed: answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *"}),
		applies: func(s *scene) bool {
			wrong, right := s.misspelled()
			return wrong != "" && !s.has(right)
		},
	}
})
