package cause

import "github.com/corsac-dev/corsac/fetch/verdict"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "cookie-samesite-none-without-secure", Side: Server, at: atPassed, Severity: verdict.SeverityWarning,
		Title: "Browsers reject the cookie {insecure}: SameSite=None without Secure",
		When:  "The response to a request with credentials sets a cookie with SameSite=None and without Secure.",
		Why:   "A cookie for pages on other sites must be Secure, or browsers reject it.",
		Fix:   "Add Secure to the cookie, and serve the API over https.",
		Example: fromApp(withCookies(get()), Answer{
			Status: 200, Headers: allowed + cookies + "Set-Cookie: sid=1; SameSite=None",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies + "Set-Cookie: sid=1; SameSite=None; Secure"}),
		applies: func(s *scene) bool { return s.credentialed() && s.insecureCookie() != "" },
	}
})
