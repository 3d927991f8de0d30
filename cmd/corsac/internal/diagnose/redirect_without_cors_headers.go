package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "redirect-without-cors-headers",
	Example: &Scenario{
		Server: redirectAway(http.StatusMovedPermanently, "/items", "/v2/items"), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/v2/items"}},
	rules: []rule{afterRedirect("redirect-without-cors-headers")},
})
