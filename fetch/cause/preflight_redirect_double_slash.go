package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect-double-slash", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected, because the path has a double slash",
		When:  "The preflight response redirects to the same path without its double slashes.",
		Why:   noRedirect + "The double slash usually comes from joining a base URL that ends in a slash with a path that begins with one.",
		Fix:   "Call {location} from the page: join the base URL and the path with one slash.",
		Example: fromApp(fetch.Request{URL: "https://api.example.com//items", Method: "PUT"}, Answer{
			Status: 301, Headers: "Location: /items",
		}),
		Fixed: Scenario{Request: put(), Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			from, to := s.url.Path, s.location().Path
			return s.sameServer() && from != to && mergeSlashes(from) == mergeSlashes(to) && !strings.Contains(to, "//")
		},
	}
})

// mergeSlashes replaces runs of slashes by one.
func mergeSlashes(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if i == 0 || path[i] != '/' || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}
