package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

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

var setsCookie = allowing(dev, handle(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Set-Cookie", "sid=1; Path=/; HttpOnly; SameSite=None; Secure")
	items.ServeHTTP(w, r)
}))

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
