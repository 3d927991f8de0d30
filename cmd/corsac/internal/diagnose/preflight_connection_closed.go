package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "preflight-connection-closed", Side: cause.Server,
	Title:   "The server closes the connection on the preflight, and responds to other requests",
	When:    "The connection of the preflight is closed without a response, and the URL itself responds.",
	Why:     "Something before the server drops OPTIONS, or the server crashes on it. Firewalls and old proxies do so with methods that they do not know.",
	Fix:     "Answer OPTIONS in the server, and let firewalls and proxies pass it. The server's log shows whether the preflight arrives.",
	Example: &Scenario{Server: dropping, Request: put},
	Fixed:   &Scenario{Server: working},
	rules:   []rule{{rank: network, of: []string{"connection-closed", "http2-stream-error", "malformed-response"}, find: onlyOptions}},
})

// dropping closes the connection of an OPTIONS request.
var dropping = options(handle(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
