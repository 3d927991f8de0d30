package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "gateway-error-without-cors", Side: Server, at: atMissing | atStatus, shows: []string{"Server", "Via"},
		Title: "A proxy responds with {status} in place of the application",
		When:  "The response is 502, 503 or 504, and either it is to a preflight or it has no CORS headers.",
		Why:   errorIsReal + "The proxy or load balancer did not get a response from the application, and sent its own.",
		Fix:   "Start or fix the application; the proxy's log says what failed. Set the CORS headers on the proxy's errors, too.",
		Example: fromApp(get(), Answer{
			Status: 502, Headers: "Server: nginx\nContent-Type: text/html",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.isGatewayError() },
	}
})
