package diagnose

import "net/http"

var _ = register(&Cause{
	Slug: "preflight-answered-by-html-page", NeedsPolicy: true,
	When: "The preflight response is a success and HTML, and the URL itself responds with CORS headers.",
	Example: &Scenario{
		Server: options(write(http.StatusOK, "text/html", "<form action=/login>")), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"preflight-answered-by-html-page"}, find: unroutedPreflight}},
})
