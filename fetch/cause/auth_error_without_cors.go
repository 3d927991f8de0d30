package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "auth-error-without-cors", Side: Server, at: atMissing, shows: []string{"WWW-Authenticate"},
		Title: "Authentication fails with {status}, and the response has no CORS headers",
		When:  "The response to the request itself is 401 or has WWW-Authenticate, and has no CORS headers.",
		Why:   errorIsReal + "The real problem is the request's credentials: the token or cookie is missing, wrong or expired.",
		Fix:   "Send valid credentials. Let CORS run before authentication, so that script can read the {status}.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer expired"}), granted, Answer{
			Status: 401, Headers: "WWW-Authenticate: Bearer",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.preflight() && (s.status(401, 407) || s.has("WWW-Authenticate")) },
	}
})
