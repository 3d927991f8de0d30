package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cors-only-on-preflight", Side: Server, at: atMissing, shows: []string{"Server"},
		Title: "Only the preflight response has CORS headers",
		When:  "The preflight allows the request, and the response to the request itself is a success without Access-Control-Allow-Origin.",
		Why:   "The browser checks the headers of both responses. Servers miss the second if they set them in a branch for OPTIONS, or if the CORS middleware comes after the route.",
		Fix:   "Set Access-Control-Allow-Origin on the response to {method}, too: move it out of the branch for OPTIONS, or the CORS middleware before the routes.",
		Example: fromApp(put(), granted, Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflightPassed() != nil && s.last.Status < 300
		},
	}
})
