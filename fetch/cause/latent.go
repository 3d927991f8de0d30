package cause

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/cookie"
	"github.com/corsac-dev/corsac/internal/httpcache"
)

// caches adds what goes wrong with caches and cookies.
func (r *registry) caches() {
	r.add(&Cause{
		Slug: "missing-vary-origin", Side: Policy, at: atPassed, Severity: verdict.SeverityWarning, Confidence: likely,
		shows: []string{allowOrigin, "Vary", "Cache-Control"},
		Title: "Caches may serve this response to pages of other origins: no Vary: Origin",
		When:  "The response may be cached, allows the page's origin by name and has no Vary: Origin, while the preflight response has it.",
		Why:   "The preflight shows that the server's responses depend on the page's origin. A cache that does not know this serves a page of another origin the header for this one, and that page then fails.",
		Fix:   "Send Vary: Origin on every response, those without CORS headers included.",
		Example: fromApp(get(key), granted, Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nCache-Control: public, max-age=600",
		}),
		Fixed:   answered(granted, Answer{Status: 200, Headers: allowed + "Cache-Control: public, max-age=600"}),
		applies: func(s *scene) bool { return s.lacksVary() && s.dependsOnOrigin() },
	})
	r.add(&Cause{
		Slug: "conditional-cors-without-vary", Side: Policy, at: atPassed, Severity: verdict.SeverityNote, Confidence: possible,
		shows: []string{allowOrigin, "Vary", "Cache-Control"},
		Title: "If other origins are also allowed, caches mix them up: no Vary: Origin",
		When:  "The response may be cached, allows the page's origin by name, and has no Vary: Origin.",
		Why:   "A server that responds to each origin with its own name must send Vary: Origin, or a cache serves one page the header for another. If this is the only origin, nothing is wrong.",
		Fix:   "Unless this is the only origin that is ever allowed, send Vary: Origin on every response.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nCache-Control: public, max-age=600",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + "Cache-Control: public, max-age=600"}),
		applies: func(s *scene) bool { return s.lacksVary() && !s.dependsOnOrigin() },
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "cached-for-other-origin", Side: Server, at: atOrigin, rank: first, Confidence: possible,
		shows: []string{allowOrigin, "Age", "X-Cache", "CF-Cache-Status", "Vary"},
		Title: "A cache responds with the header for another origin, {value}",
		When:  "The response comes from a cache (Age, X-Cache), allows an origin other than the page's, and has no Vary: Origin.",
		Why:   "Without Vary: Origin, a cache serves the response for one page to pages of other origins. A server that allows only this one origin looks the same.",
		Fix:   "Send Vary: Origin on every response, configure the cache to honor Vary, then purge it. If the server does not allow {sent}, add it.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://admin.example.com\nAge: 40",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && !s.isLikePage(a) && !s.preflight() && s.sent() != "null" && s.isFromCache() && !s.lists("Vary", "Origin")
		},
	})
	r.add(&Cause{
		Slug: "cookie-samesite-blocks-cross-site", Side: Server, at: atPassed, Severity: verdict.SeverityWarning, Confidence: likely,
		Title: "The browser does not send the cookie {cookie} from this page",
		When:  "A request with credentials from a page of another site is refused with 401 or 403, and the response sets a cookie without SameSite=None.",
		Why:   "Without SameSite=None, browsers do not send the cookie from pages on other sites. CORS is configured correctly; the server does not see who the user is.",
		Fix:   "Set the cookie with SameSite=None; Secure; or serve the page and the API from one site, such as app.example.com and api.example.com.",
		Example: Scenario{Page: "https://app.example.net", Request: withCookies(get()), Answers: []Answer{
			{Status: 401, Headers: "Access-Control-Allow-Origin: https://app.example.net\n" + cookies + "Set-Cookie: sid=1; HttpOnly; SameSite=Lax"},
		}},
		Fixed: answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.net\n" + cookies + "Set-Cookie: sid=1; HttpOnly; SameSite=None; Secure"}),
		applies: func(s *scene) bool {
			return s.status(401, 403) && s.credentialed() && s.last.Kind == fetch.KindActual && !s.page.SameSite(s.server) && s.lostCookie() != ""
		},
	})
	r.add(&Cause{
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
	})
}

// isFromCache reports whether a cache may have made the last answer of one that
// it kept.
func (s *scene) isFromCache() bool { return httpcache.IsStored(s.last.ResponseHeaders) }

// lacksVary reports whether a cache may keep the answer, which allows the page's
// origin by name, for pages of other origins.
func (s *scene) lacksVary() bool {
	r := s.v.Response
	return r != nil && r.Type == fetch.TypeCORS && s.last.Kind == fetch.KindActual &&
		(s.last.Method == "GET" || s.last.Method == "HEAD") &&
		s.answer(allowOrigin) != "*" && !s.lists("Vary", "Origin") && !s.lists("Vary", "*") && httpcache.IsInvited(s.last.ResponseHeaders)
}

// dependsOnOrigin reports whether the answer to the preflight says that the
// server's answers depend on Origin.
func (s *scene) dependsOnOrigin() bool {
	w := s.preflightPassed()
	return w != nil && listed(w.ResponseHeaders.Get("Vary"), "Origin")
}

// lostCookie is the name of a cookie of the response that pages of other sites do
// not send, "" for none.
func (s *scene) lostCookie() string {
	return s.cookieWith(func(c *http.Cookie) bool { return c.SameSite != http.SameSiteNoneMode })
}

// insecureCookie is the name of a cookie of the response that browsers reject
// because it is for other sites and not Secure, "" for none.
func (s *scene) insecureCookie() string {
	return s.cookieWith(func(c *http.Cookie) bool { return c.SameSite == http.SameSiteNoneMode && !c.Secure })
}

// cookieWith returns the name of the first cookie that the application sets with
// the response and that is as asked for, "" for none.
func (s *scene) cookieWith(is func(*http.Cookie) bool) string {
	for _, line := range s.last.ResponseHeaders.Values("Set-Cookie") {
		if c, err := cookie.Parse(line); err == nil && !cookie.IsInfrastructure(c.Name) && is(c) {
			return c.Name
		}
	}
	return ""
}
