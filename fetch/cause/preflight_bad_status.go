package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-bad-status", Side: Server, at: atStatus, rank: last, Confidence: possible, shows: []string{"Server", "Content-Type"},
		Title:   "The server refuses the preflight: OPTIONS gets {status}",
		When:    "The preflight response has a status outside 200 to 299, and nothing says why.",
		Why:     "Some CORS policies respond like this if they lack the origin, the method or one of the headers; so does access control that runs before CORS. A preflight needs a response with a status from 200 to 299.",
		Fix:     "Check that the CORS policy allows {needs}. If it does, let OPTIONS requests past whatever else refuses them.",
		Example: fromApp(put(), Answer{Status: 403}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.last.Status < 500 },
	}
})
