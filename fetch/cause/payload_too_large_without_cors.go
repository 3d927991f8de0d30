package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "payload-too-large-without-cors", Side: Server, at: atMissing, shows: []string{"Server"},
		Title: "The request is too large (413), and the response has no CORS headers",
		When:  "The response to the request itself is 413, without CORS headers.",
		Why:   errorIsReal + "A proxy rejects the body before the application, which handles CORS, sees it.",
		Fix:   "Send a smaller body, or raise the limit (client_max_body_size in nginx). Set the CORS headers on errors of the proxy, too (in nginx, with always at the end of add_header).",
		Example: fromApp(put(), granted, Answer{
			Status: 413, Headers: "Server: nginx",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.preflight() && s.status(413) },
	}
})
