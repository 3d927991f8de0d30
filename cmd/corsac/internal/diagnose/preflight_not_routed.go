package diagnose

import "net/http"

var _ = register(&Cause{
	Slug: "preflight-not-routed", NeedsPolicy: true,
	When: "The preflight response is 404, 405, 410 or 501, and the URL itself responds with CORS headers.",
	Example: &Scenario{
		Server: options(write(http.StatusMethodNotAllowed, "text/plain", "Method Not Allowed")), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{
		{rank: textual, of: refusedPreflight, find: func(s *scene) *shown {
			const unknownToGateway = "Missing Authentication Token" // of AWS API Gateway, for a method that it does not have
			if s.preflight() && s.status(http.StatusForbidden) && s.says(unknownToGateway) != "" {
				return s.byBody(unknownToGateway)
			}
			return nil
		}},
		{rank: late, of: []string{"preflight-not-routed"}, find: unroutedPreflight},
	},
})
