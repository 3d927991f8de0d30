package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "error-response-without-cors", Side: Server, at: atMissing, rank: last, shows: []string{"Server", "Content-Type"},
		Title: "The server responds with {status}, without CORS headers",
		When:  "The response to the request itself has a 4xx status that has no cause of its own, and no CORS headers.",
		Why:   errorIsReal + "The real problem is that the server responds with {status}: first check the URL, the method and the parameters.",
		Fix:   "Correct the request. Set the CORS headers on errors, too: put CORS around the whole application; in nginx, write always at the end of add_header.",
		Example: fromApp(get(), Answer{
			Status: 404, Headers: "Content-Type: text/html",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status >= 400 },
	}
})
