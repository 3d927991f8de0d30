package diagnose

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

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
		case s.answer(protocol.AllowCredentials) == "true": // it may be a token that is missing
			f := by().saying(protocol.AllowCredentials + ": true")
			f.severity = finding.Note
			return f
		}
		return nil
	}}},
})

// hasOwnCredentials reports whether script sets a header that may say who the user
// is.
func (s *scene) hasOwnCredentials() bool {
	return slices.ContainsFunc(s.v.Request.Headers, func(h fetch.Header) bool {
		name := strings.ToLower(h.Name)
		return name == "authorization" || strings.Contains(name, "key") || strings.Contains(name, "token") || strings.Contains(name, "auth")
	})
}
