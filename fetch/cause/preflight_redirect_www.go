package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect-www", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected between the host and its www. form",
		When:  "The preflight response redirects to the same host with or without www.",
		Why:   noRedirect + "The server redirects everything to one form of its name.",
		Fix:   "Call {location} from the page.",
		Example: fromApp(fetch.Request{URL: "https://example.com/items", Method: "PUT"}, Answer{
			Status: 301, Headers: "Location: https://www.example.com/items",
		}),
		Fixed: Scenario{Request: fetch.Request{URL: "https://www.example.com/items", Method: "PUT"}, Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			to := s.location()
			return s.url.Scheme == to.Scheme && isWWW(s.url.Host, to.Host)
		},
	}
})
