package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
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
	}, find: (*scene).withoutCORS}},
})

// withoutCORS finds that nothing of the server shows CORS.
func (s *scene) withoutCORS() *shown {
	if s.has(protocol.AllowOrigin) || s.sender == nil {
		return nil
	}
	r := s.nowhere()
	if s.preflight() {
		// A preflight alone does not show that the responses are bare, too.
		if r = s.actual(); r.status(http.StatusMethodNotAllowed) && r.bare() {
			return s.withoutCORSElsewhere(r)
		}
		if !r.success() || r.has(protocol.AllowMethods) || protocol.Lists(r.get("Vary"), "Origin") || s.status(401, 403, 407) {
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
	if bare := s.bareNoContent(); bare != nil {
		f.also(bare).likely()
		f.why = "Nothing that was asked has CORS headers, and preflights get a bare 204. Most servers without CORS respond like that; so do some that handle CORS and do not allow {sent}, such as ASP.NET Core."
	}
	return f
}

// withoutCORSElsewhere finds that other URLs have no CORS, where the URL itself
// takes neither OPTIONS nor GET, so that only the method of the request would show
// more. Errors alone show nothing: some servers set the headers on successes only.
func (s *scene) withoutCORSElsewhere(here *reply) *shown {
	var good *reply
	for _, r := range append(s.elsewhere(), s.nowhere()) {
		if !r.bare() || showsCORS(r.Headers) {
			return nil
		}
		if good == nil && r.success() {
			good = r
		}
	}
	if good == nil {
		return nil
	}
	f := by(here, good).likely()
	f.title = "The server has no CORS: OPTIONS gets {status}, and other responses are bare"
	f.why = "Neither this URL nor another one has CORS headers. What the response to {method} itself has does not show without sending it."
	return f
}
