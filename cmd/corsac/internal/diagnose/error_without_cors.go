package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
)

// failing responds with an error before CORS is handled, except to preflights.
func failing(status int) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/items" && r.Method != http.MethodOptions {
			w.WriteHeader(status)
			return
		}
		allowing(dev, routes(nil)).ServeHTTP(w, r)
	})
}

// onlyThisError confirms that other answers of the server have CORS headers, or
// that the preflight had.
func (s *scene) onlyThisError() *shown {
	if s.preflight() || s.has(allowOrigin) {
		return nil
	}
	if r := s.nowhere(); r.allows(s.sent(), false) {
		return by(r)
	}
	if w := s.preflightPassed(); w != nil {
		return by().saying("the preflight passed with " + w.StatusText())
	}
	return nil
}

var withToken = fetch.Request{URL: "{server}/api/items", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer expired"}}}

var _ = register(&Cause{
	Slug: "server-error-without-cors",
	When: "The response is a 5xx other than 502 to 504 without CORS headers, while other errors of the server, or its preflights, have them.",
	Example: &Scenario{
		Server: failing(http.StatusInternalServerError), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"server-error-without-cors"}, find: func(s *scene) *shown {
		f := s.onlyThisError()
		if f != nil {
			f.why = "Script cannot see an error without CORS headers; the console reports it as a CORS failure. The application crashed, and its error path skips CORS."
		}
		return f
	}}},
})

var _ = register(&Cause{
	Slug: "auth-error-without-cors",
	When: "The response is 401, 403 or 407 without CORS headers, while other errors of the server, or its preflights, have them.",
	Example: &Scenario{
		Server: failing(http.StatusForbidden), Request: withToken,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{
		{rank: late, of: []string{"auth-error-without-cors"}, find: (*scene).onlyThisError},
		{rank: late, of: []string{"error-response-without-cors"}, find: func(s *scene) *shown {
			if !s.status(http.StatusForbidden) {
				return nil
			}
			f := s.onlyThisError()
			if f == nil && s.says(wantsLogin...) != "" {
				f = s.byBody(s.says(wantsLogin...))
			}
			if f != nil {
				f.confidence = finding.Likely
			}
			return f
		}},
	},
})
