package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "csrf-origin-check-failed", Side: cause.Server, Severity: finding.Warning,
	Title: "The application refuses the request as forged (CSRF), with {status}",
	When:  "The response is 400, 403, 419 or 422, and its body is a framework's about CSRF.",
	Why:   "The framework compares the page's origin, or a token, with what it trusts, to stop requests that other sites forge. That is a check of its own, beside CORS.",
	Fix:   "Add {page} to the origins that this check trusts: CSRF_TRUSTED_ORIGINS in Django, forgery_protection_origin_check in Rails, csrf.trustedOrigins in SvelteKit; in Laravel, get the cookie from /sanctum/csrf-cookie first and send X-XSRF-TOKEN. If the API uses tokens instead of cookies, it needs no such check.",
	Example: &Scenario{
		Server: allowing(dev, write(http.StatusForbidden, "text/html", "<p>Origin checking failed - http://localhost:5173 does not match any trusted origins.</p>")), Request: writeOrders,
	},
	Fixed: &Scenario{Server: allowing(dev, items)},
	rules: []rule{
		{rank: early, find: func(s *scene) *shown { return s.forged() }},
		{rank: textual, of: bareError, find: func(s *scene) *shown { return s.forged() }},
	},
})

var writeOrders = fetch.Request{URL: "{server}/orders", Method: "POST", Options: fetch.Options{Credentials: fetch.CredentialsInclude}}

// forgery are texts of frameworks that refuse a request as forged: Django,
// Laravel, Rails, Spring, csurf, SvelteKit, Flask-WTF, ASP.NET. The names of tokens
// are not among them: they are in forms and in the head of every page.
var forgery = []string{
	"CSRF verification failed", "Origin checking failed", "Referer checking failed", "CSRF Failed", "CSRF token mismatch", "Page Expired", "InvalidAuthenticityToken",
	"Can't verify CSRF token", "invalid csrf token", "Invalid CSRF", "CSRF token missing", "The CSRF token", "EBADCSRFTOKEN", "Cross-site POST form submissions are forbidden",
	"anti-forgery", "antiforgery", "CSRF cookie not set", "HTTP Origin header", "Missing CSRF", "CSRF validation",
}

func (s *scene) forged() *shown {
	if !s.status(400, 403, 419, 422) || s.preflight() {
		return nil
	}
	if text := s.says(forgery...); text != "" {
		return s.byBody(text)
	}
	if s.status(419) {
		return by().saying("the status is 419, which Laravel uses for CSRF")
	}
	return nil
}
