package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-redirect", Side: Page, at: atRedirect, rank: last, shows: []string{"Location"},
		Title:   "The preflight is redirected",
		When:    "The preflight response redirects, to a URL that differs in more than scheme, slash or www.",
		Why:     noRedirect,
		Fix:     "Call {location} from the page if that is the resource. Otherwise make the server answer OPTIONS itself instead of redirecting it.",
		Example: fromApp(put(), Answer{Status: 308, Headers: "Location: /v2/items"}),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://api.example.com/v2/items", Method: "PUT"}, Answers: []Answer{granted, read}},
		applies: func(*scene) bool { return true },
	}
})
