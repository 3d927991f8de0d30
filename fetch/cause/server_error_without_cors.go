package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "server-error-without-cors", Side: Server, at: atMissing, Confidence: likely,
		Title: "The server failed ({status}), and the response has no CORS headers",
		When:  "The response to the request itself has a 5xx status other than 502 to 504, and no CORS headers.",
		Why:   errorIsReal + "The application crashed, and its error path skips CORS. Some CORS libraries also respond with 500 to an origin that is not allowed: Not allowed by CORS.",
		Fix:   "Read the server's log and fix the error; add the origin {page} if the log says that it is not allowed. Put CORS outermost, so that errors have the headers, too.",
		Example: fromApp(get(), Answer{
			Status: 500, Headers: "Content-Type: text/plain",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status >= 500 && !s.isGatewayError() },
	}
})
