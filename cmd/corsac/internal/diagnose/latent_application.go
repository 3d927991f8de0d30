package diagnose

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/cookie"
)

// forgery are texts of frameworks that refuse a request as forged: Django,
// Laravel, Rails, Spring, csurf, SvelteKit, Flask-WTF, ASP.NET. The names of tokens
// are not among them: they are in forms and in the head of every page.
var forgery = []string{
	"CSRF verification failed", "Origin checking failed", "Referer checking failed", "CSRF Failed", "CSRF token mismatch", "Page Expired", "InvalidAuthenticityToken",
	"Can't verify CSRF token", "invalid csrf token", "Invalid CSRF", "CSRF token missing", "The CSRF token", "EBADCSRFTOKEN", "Cross-site POST form submissions are forbidden",
	"anti-forgery", "antiforgery", "CSRF cookie not set", "HTTP Origin header", "Missing CSRF", "CSRF validation",
}

var writeOrders = fetch.Request{URL: "{server}/orders", Method: "POST", Options: fetch.Options{Credentials: fetch.CredentialsInclude}}

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

var _ = register(&Cause{
	Slug: "client-omits-credentials", Side: cause.Page, Severity: finding.Warning, Confidence: finding.Likely,
	Title: "The page sends no cookies, and the server wants a login ({status})",
	When:  "The response is 401 or 403 and allows credentials or sets a cookie, and the request has neither credentials mode include nor Authorization.",
	Why:   "fetch and XMLHttpRequest send cookies to another origin only if script asks for it. The server allows that, and sees nobody logged in.",
	Fix:   "Write credentials: \"include\" in fetch (withCredentials = true in XMLHttpRequest and axios).",
	Example: &Scenario{
		Server: allowing(dev, write(http.StatusUnauthorized, jsonType, `{"error":"login required"}`)), Request: fetch.Request{URL: "{server}/me"},
	},
	Fixed: &Scenario{Server: allowing(dev, items), Request: fetch.Request{URL: "{server}/me", Options: fetch.Options{Credentials: fetch.CredentialsInclude}}},
	rules: []rule{{rank: early, find: func(s *scene) *shown {
		r := s.v.Response
		if r == nil || r.Type != fetch.TypeCORS || !s.status(401, 403) || s.credentialed() || s.hasOwnCredentials() || s.forged() != nil || s.has("WWW-Authenticate") {
			return nil
		}
		switch {
		case len(s.setCookies()) > 0:
			return by().saying("the response sets a cookie")
		case s.answer(allowCredentials) == "true": // it may be a token that is missing
			f := by().saying(allowCredentials + ": true")
			f.severity = finding.Note
			return f
		}
		return nil
	}}},
})

// setCookies are the cookies that the application sets with the last answer,
// without those that it deletes, and those of balancers and CDNs.
func (s *scene) setCookies() (list []*http.Cookie) {
	for _, line := range s.last.ResponseHeaders.Values("Set-Cookie") {
		c, err := cookie.Parse(line)
		if err == nil && c.MaxAge >= 0 && (c.Expires.IsZero() || c.Expires.After(deleted)) && !cookie.IsInfrastructure(c.Name) {
			list = append(list, c)
		}
	}
	return list
}

// deleted is when a cookie expires at the latest that a server deletes.
var deleted = time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)

// hasOwnCredentials reports whether script sets a header that may say who the user
// is.
func (s *scene) hasOwnCredentials() bool {
	return slices.ContainsFunc(s.v.Request.Headers, func(h fetch.Header) bool {
		name := strings.ToLower(h.Name)
		return name == "authorization" || strings.Contains(name, "key") || strings.Contains(name, "token") || strings.Contains(name, "auth")
	})
}

var setsCookie = allowing(dev, handle(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Set-Cookie", "sid=1; Path=/; HttpOnly; SameSite=None; Secure")
	items.ServeHTTP(w, r)
}))

var _ = register(&Cause{
	Slug: "set-cookie-ignored", Side: cause.Page, Severity: finding.Warning,
	Title: "The browser ignores the cookie {cookie} of this response",
	When:  "The response sets a cookie that the browser does not keep: the request has no credentials, or the cookie's attributes do not fit.",
	Why:   "The browser does not keep the cookie: {why}. The next request is made without it.",
	Fix:   "{how}",
	Example: &Scenario{
		Server: setsCookie, Request: fetch.Request{URL: "{server}/login", Method: "POST"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/login", Method: "POST", Options: fetch.Options{Credentials: fetch.CredentialsInclude}}},
	rules: []rule{{rank: middle, find: func(s *scene) *shown {
		if s.last.Kind != fetch.KindActual || s.v.Response == nil || s.v.Response.Type != fetch.TypeCORS {
			return nil
		}
		for _, c := range s.setCookies() {
			why, how := s.ignored(c)
			if why == "" {
				continue
			}
			f := by().with("cookie", c.Name).with("why", why).with("how", how)
			f.evidence = []string{printable("Set-Cookie: " + c.Name + "=…")}
			// Some servers set a cookie on every response, which nobody misses.
			if !s.credentialed() && !loginPath.MatchString(s.url.Path) {
				f.severity = finding.Note
			}
			return f
		}
		return nil
	}}},
})

// loginPath is part of a path whose response sets the cookie that it is for.
var loginPath = lazyregexp.New(`(?i)log-?in|sign-?in|session|auth|token|csrf-cookie`)

// ignored returns why the browser does not keep a cookie of the response, and what
// to do; "" if it does.
func (s *scene) ignored(c *http.Cookie) (why, how string) {
	secure := s.server.PotentiallyTrustworthy()
	domain := strings.TrimPrefix(c.Domain, ".")
	switch host := s.server.Host(); {
	case !s.credentialed():
		return "the request has credentials mode " + string(s.v.Request.Credentials) + ", and only include accepts cookies of another origin",
			"If the page needs the cookie, write credentials: \"include\" in fetch (withCredentials = true in XMLHttpRequest and axios). Otherwise nothing is wrong."
	case domain != "" && host != domain && !strings.HasSuffix(host, "."+domain):
		return "its Domain, " + c.Domain + ", is not that of " + host, "Leave Domain out, or set it to a parent of " + host + "."
	case c.Secure && !secure:
		return "it is Secure, and the response comes over plain http", "Serve the API over https."
	case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		return "", "" // a cause of its own
	case c.SameSite != http.SameSiteNoneMode && !s.page.SameSite(s.server) && !s.status(401, 403):
		return "it has no SameSite=None, and the page is on another site",
			"Set it with SameSite=None; Secure, or serve the page and the API from one site, such as app.example.com and api.example.com."
	}
	return "", ""
}

var _ = register(&Cause{
	Slug: "third-party-cookies-blocked", Side: cause.Server, Severity: finding.Warning, Confidence: finding.Possible,
	Title: "The browser may block the cookies of another site",
	When:  "A request with credentials from a page of another site gets 401 or 403, though the cookie that the response sets has SameSite=None; Secure.",
	Why:   "Safari, Firefox and many users of Chrome block cookies of other sites whatever their attributes. Only the browser shows whether this one does.",
	Fix:   "Serve the page and the API from one site, such as app.example.com and api.example.com; or add Partitioned to the cookie, if one per page is enough.",
	Example: &Scenario{
		Page: "https://app.example.net",
		Server: allowing("https://app.example.net", handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "sid=1; SameSite=None; Secure")
			w.WriteHeader(http.StatusUnauthorized)
		})),
		Request: fetch.Request{URL: "{server}/me", Options: fetch.Options{Credentials: fetch.CredentialsInclude}},
	},
	Fixed: &Scenario{Server: allowing("https://app.example.net", items)},
	rules: []rule{{rank: late, find: func(s *scene) *shown {
		if !s.status(401, 403) || !s.credentialed() || s.page.SameSite(s.server) || s.last.Kind != fetch.KindActual {
			return nil
		}
		for _, c := range s.setCookies() {
			if c.SameSite == http.SameSiteNoneMode && c.Secure && !c.Partitioned {
				return by().saying("Set-Cookie: " + c.Name + "=…; SameSite=None; Secure")
			}
		}
		return nil
	}}},
})
