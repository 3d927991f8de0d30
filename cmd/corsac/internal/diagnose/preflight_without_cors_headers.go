package diagnose

import "net/http"

var _ = register(&Cause{
	Slug: "preflight-without-cors-headers", NeedsPolicy: true,
	When: "The preflight response is a success without CORS headers, and the URL itself responds with them.",
	Example: &Scenario{
		Server: options(handle(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Allow", "GET,HEAD,PUT") })), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"preflight-without-cors-headers"}, find: unroutedPreflight}},
})
