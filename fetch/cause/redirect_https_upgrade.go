package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-https-upgrade", Side: Page, at: atMissing, shows: []string{"Location"},
		Title: "The redirect to https has no CORS headers",
		When:  "The request itself is redirected to the same host over https, without CORS headers.",
		Why:   "The browser checks the headers of every response on the way, including the redirect.",
		Fix:   "Call {location} from the page.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://api.example.com/items"}, Answers: []Answer{
			{Status: 301, Headers: "Location: https://api.example.com/items"},
		}},
		Fixed: Scenario{Request: get(), Answers: []Answer{{Status: 200, Headers: "Access-Control-Allow-Origin: *"}}},
		applies: func(s *scene) bool {
			to := s.location()
			return !s.preflight() && s.url.Scheme == "http" && to.Scheme == "https" && to.Host == s.url.Host && !isLogin(to)
		},
	}
})
