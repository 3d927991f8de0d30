package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-without-cors-headers", Side: Page, at: atMissing, rank: last, shows: []string{"Location"},
		Title: "The redirect has no CORS headers",
		When:  "The request itself is redirected, without CORS headers.",
		Why:   "The browser checks the headers of every response on the way, including the redirect. Redirects often come from a router or proxy that runs before CORS.",
		Fix:   "Call {location} from the page, or set the CORS headers on redirects, too.",
		Example: fromApp(get(), Answer{
			Status: 301, Headers: "Location: /v2/items",
		}),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://api.example.com/v2/items"}, Answers: []Answer{read}},
		applies: func(s *scene) bool { return !s.preflight() && s.redirect() != "" },
	}
})
