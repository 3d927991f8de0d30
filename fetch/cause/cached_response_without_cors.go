package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cached-response-without-cors", Side: Server, at: atMissing, Confidence: possible,
		shows: []string{"Age", "X-Cache", "CF-Cache-Status", "Vary"},
		Title: "The response comes from a cache, without CORS headers",
		When:  "The response to the request itself comes from a cache (Age, X-Cache), without CORS headers or Vary: Origin.",
		Why:   "A server that sends CORS headers only to requests with Origin must say so with Vary: Origin, or a cache stores the response without them and serves it to everyone. A server without CORS looks the same.",
		Fix:   "Send Vary: Origin on every response, those without CORS headers included, configure the cache to honor Vary, then purge it. If the server has no CORS, add it first.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Age: 4211\nX-Cache: Hit from cloudfront",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			return !s.preflight() && s.last.Status < 300 && s.isFromCache() && !s.lists("Vary", "Origin") && s.preflightPassed() == nil
		},
	}
})
