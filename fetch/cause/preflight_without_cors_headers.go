package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-without-cors-headers", Side: Server, at: atMissing, rank: last, Confidence: likely, shows: []string{"Allow", "Server"},
		Title: "The preflight response has no CORS headers",
		When:  "The preflight response has a status from 200 to 299 and no CORS headers.",
		Why:   "Either the server has no CORS at all, or something answers OPTIONS before CORS does. Many frameworks answer OPTIONS with a list of the methods of a route, in Allow.",
		Fix:   "Put CORS before the routes, so that it answers OPTIONS itself. It must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Allow: GET,HEAD,PUT",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.preflight() },
	}
})
