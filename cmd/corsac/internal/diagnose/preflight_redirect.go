package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "preflight-redirect",
	Example: &Scenario{
		Server: redirectAway(http.StatusPermanentRedirect, "/items", "/v2/items"), Request: fetch.Request{URL: "{server}/items", Method: "PUT"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/v2/items", Method: "PUT"}},
	rules: []rule{afterPreflight("preflight-redirect")},
})

var _ = class(&Text{
	Slug:    "preflight-redirect", // package cause has its other texts
	Apart:   "Look at Location in the response to OPTIONS: https or a slash at the end means that the page should request that URL; a login page means that the login check must let OPTIONS pass.",
	Message: "Access to fetch at 'http://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight request.",
})
