package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "url-without-scheme", Side: Page, at: atFailed, Confidence: likely,
		Title:   "The URL has no http:// or https:// before its host",
		When:    "What stands before the first colon of the URL looks like a host, and what follows like a port.",
		Why:     "A browser reads what is before the colon as the URL's scheme.",
		Fix:     "Add http:// or https:// before it.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "localhost:3000/items"}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:3000/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			scheme, rest, _ := strings.Cut(s.v.Request.URL, ":")
			return s.last.Status == 0 && rest != "" && rest[0] >= '0' && rest[0] <= '9' && (scheme == "localhost" || strings.Contains(scheme, "."))
		},
	}
})
