package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-mode-error", Side: Page, at: atFailed, shows: []string{"Location"},
		Title: "The server redirects, but the request does not allow redirects",
		When:  "A request with redirect mode error is redirected.",
		Why:   "With redirect: \"error\", the browser fails a request that is redirected.",
		Fix:   "Call {location} from the page, or remove the redirect option.",
		Example: fromApp(fetch.Request{URL: api, Options: fetch.Options{Redirect: "error"}}, Answer{
			Status: 302, Headers: allowed + "Location: /v2/items",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonRedirectMode },
	}
})
