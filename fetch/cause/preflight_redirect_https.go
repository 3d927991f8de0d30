package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect-https", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected to https",
		When:  "The preflight response for an http: URL redirects to the same host over https.",
		Why:   noRedirect + "The server redirects all http requests to https.",
		Fix:   "Call {location} from the page.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://api.example.com/items", Method: "PUT"}, Answers: []Answer{
			{Status: 301, Headers: "Location: https://api.example.com/items"},
		}},
		Fixed: Scenario{Page: app, Request: put(), Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			to := s.location()
			return s.url.Scheme == "http" && to.Scheme == "https" && to.Host == s.url.Host && !isLogin(to)
		},
	}
})
