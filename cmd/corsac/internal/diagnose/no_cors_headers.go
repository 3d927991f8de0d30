package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "no-cors-headers",
	When: "No response of the server has CORS headers: not to this request, not to another origin, and not at another URL.",
	Example: &Scenario{
		Server: routes(map[string]http.Handler{"/api/items": items, "/": items}), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: lowest, of: []string{
		"no-cors-headers", "html-instead-of-json", "cached-response-without-cors", "preflight-without-cors-headers", "preflight-not-routed", "preflight-bad-status",
	}, find: func(s *scene) *shown {
		if s.has(allowOrigin) || s.sender == nil {
			return nil
		}
		r := s.nowhere()
		if s.preflight() {
			// A preflight alone does not show that the responses are bare, too.
			if r = s.actual(); !r.success() || !r.bare() || r.has(allowMethods) || lists(r.get("Vary"), "Origin") || s.status(401, 403, 407) {
				return nil
			}
		}
		if r == nil || !r.bare() {
			return nil
		}
		f := by(append([]*reply{r}, s.elsewhere()...)...)
		f.callInstead(s.otherSpelling(s.url, anySpelling), "If {url} is the right one, set up CORS there, too: once, in the server or in a proxy in front of it.")
		if s.symptom() == "html-instead-of-json" {
			f.likely()
		}
		return f
	}}},
})
