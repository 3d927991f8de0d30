package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

var _ = register(&Cause{
	Slug: "preflight-requires-auth", NeedsPolicy: true,
	When: "The preflight response is 401, 403 or 407, and headers or body ask for credentials.",
	Example: &Scenario{
		Server: options(write(http.StatusForbidden, jsonType, `{"message":"No API key found in request"}`)), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: early, of: []string{"preflight-bad-status", "preflight-server-error", "preflight-requires-auth"}, find: func(s *scene) *shown {
		if !s.preflight() || s.symptom() == "preflight-requires-auth" {
			return nil
		}
		if text := s.says(wantsLogin...); text != "" && s.status(400, 401, 403) {
			return s.byBody(text)
		}
		return nil
	}}, {rank: late, of: []string{"preflight-bad-status"}, find: func(s *scene) *shown {
		// Whoever has no credentials gets the same, with any method.
		if !s.status(http.StatusForbidden) || len(s.v.Request.Headers) == 0 && !s.credentialed() {
			return nil
		}
		r := s.bareOptions()
		anonymous := s.ask(&question{why: "without credentials", method: http.MethodGet, url: s.target(), origin: s.sent(), plain: true})
		if !r.status(s.last.Status) || !anonymous.status(s.last.Status) || !anonymous.bare() || string(anonymous.Body) != s.body {
			return nil
		}
		f := by(r, anonymous)
		f.confidence = finding.Likely
		return f
	}}},
})

// wantsLogin are texts of servers to a request without credentials.
var wantsLogin = []string{
	"No API key found", "API key is required", "Missing API key", "Invalid API key", "No authorization token", "Authentication required", "Not authenticated",
	"Authentication credentials were not provided", "Unauthorized", "Unauthenticated", "missing authorization", "Access token is missing", "token is required",
	"Missing credentials", "No token provided", "must be logged in", "Login required", "Access is denied",
}
