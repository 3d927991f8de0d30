package diagnose

import "net/http"

var _ = register(&Cause{
	Slug: "preflight-server-error",
	Example: &Scenario{
		Server: options(write(http.StatusInternalServerError, "text/plain", "unexpected end of JSON input")), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"preflight-server-error"}, find: unroutedPreflight}},
})
