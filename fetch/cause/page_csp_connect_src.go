package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "page-csp-connect-src", Side: Page, at: atFailed,
		Title:   "The page's own Content Security Policy forbids the request",
		When:    "The page's Content-Security-Policy does not list the URL; for script the directive is usually connect-src.",
		Why:     "The page's policy is checked before CORS, and nothing is sent: {detail}.",
		Fix:     "Add {server} to that directive of the page's Content-Security-Policy.",
		Example: fromApp(get(), Answer{Error: codeCSP}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.code() == codeCSP },
	}
})

// codeCSP is Chromium's network error for what a Content Security Policy forbids.
const codeCSP = "net::ERR_BLOCKED_BY_CSP"
