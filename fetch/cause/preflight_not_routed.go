package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-not-routed", Side: Server, at: atStatus, Confidence: likely, shows: []string{"Allow"},
		Title: "No route answers the preflight: OPTIONS gets {status}",
		When:  "The preflight response is 404, 405, 410 or 501.",
		Why:   "The server has no route for OPTIONS at this URL, and CORS is not handled before routing. If the URL is wrong, every method gets this response.",
		Fix:   "Put CORS around the whole router, so that it answers OPTIONS before routing. It must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 405, Headers: "Allow: GET, PUT",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.status(404, 405, 410, 501) || s.isUnknownToGateway() },
	}
})

// isUnknownToGateway reports whether AWS API Gateway answers for a method or path
// that it does not have: 403, with an error about a missing token.
func (s *scene) isUnknownToGateway() bool {
	return s.status(403) && s.answer("x-amzn-errortype") == "MissingAuthenticationTokenException"
}
