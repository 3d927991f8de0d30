package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "preflight-redirect-trailing-slash",
	Example: &Scenario{
		Server: redirectAway(http.StatusTemporaryRedirect, "/items", "/items/"), Request: fetch.Request{URL: "{server}/items", Method: "PUT"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/items/", Method: "PUT"}},
	rules: []rule{afterPreflight("preflight-redirect-trailing-slash")},
})
