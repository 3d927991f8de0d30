package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "no-cors-headers", Side: Policy, at: atMissing, rank: last, Confidence: likely,
		shows: []string{"Server", "Age", "X-Cache", "CF-Cache-Status"},
		Title: "The server's response has no CORS headers",
		When:  "The response to the request itself has no CORS headers, and nothing else is wrong with it.",
		Why:   "Without Access-Control-Allow-Origin, the browser does not let a page of another origin read the response. Either the server has no CORS at all, or CORS does not cover this route.",
		Fix:   "Add CORS to the server, in one layer that all its responses pass through, and allow the origin {page}.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status < 400 && s.redirect() == "" },
	}
})
