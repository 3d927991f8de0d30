package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect-trailing-slash", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected only to add or remove a trailing slash",
		When:  "The preflight response redirects to a URL that differs only in a trailing slash.",
		Why:   noRedirect + "The routers of many frameworks redirect to the form of the path in which the route was written.",
		Fix:   "Call {location} from the page, or make the route accept both forms.",
		Example: fromApp(put(), Answer{
			Status: 307, Headers: "Location: https://api.example.com/items/",
		}),
		Fixed: Scenario{Request: fetch.Request{URL: api + "/", Method: "PUT"}, Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			from, to := s.url.Path, s.location().Path
			return s.sameServer() && from != to && strings.TrimSuffix(from, "/") == strings.TrimSuffix(to, "/")
		},
	}
})
