package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

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
