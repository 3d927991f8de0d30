package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "rate-limited-without-cors", Side: Server, at: atMissing | atStatus, shows: []string{"Retry-After", "Server"},
		Title: "The server limits the rate of requests (429)",
		When:  "The response is 429, and either it is to a preflight or it has no CORS headers.",
		Why:   errorIsReal + "A rate limit that runs before CORS refuses the request.",
		Fix:   "Send fewer requests, and wait as long as Retry-After says. Run CORS before the rate limiter, and do not count preflights.",
		Example: fromApp(get(), Answer{
			Status: 429, Headers: "Retry-After: 60",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.status(429) },
	}
})
