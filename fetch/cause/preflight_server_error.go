package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-server-error", Side: Server, at: atStatus, rank: last,
		Title:   "The server fails on the preflight: OPTIONS gets {status}",
		When:    "The preflight response has a 5xx status other than 501 to 504.",
		Why:     "Something in the server does not expect OPTIONS: it may read a body that a preflight does not have. Some CORS libraries also respond with 500 to an origin that is not allowed.",
		Fix:     "Read the server's log. Answer OPTIONS in the CORS layer, before anything reads the request.",
		Example: fromApp(put(), Answer{Status: 500}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.last.Status >= 500 && !s.isGatewayError() && !s.status(501) },
	}
})
