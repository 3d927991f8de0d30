package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "preflight-timeout", Side: cause.Server,
	Title: "The server does not answer the preflight, and responds to other requests",
	When:  "The preflight gets no response in time, and the URL itself responds.",
	Why:   "Something before the server swallows OPTIONS, or the server waits for a body that a preflight does not have.",
	Fix:   "Answer OPTIONS before anything reads the body, and let firewalls pass it. The server's log shows whether the preflight arrives.",
	Example: &Scenario{
		Server: options(handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: network, of: []string{"server-timeout"}, find: onlyOptions}},
})
