package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-downgrade-mixed-content", Side: Server, at: atFailed, shows: []string{"Location"},
		Title: "The server redirects from https to http",
		When:  "The page is https, and a redirect leads to plain http on another machine.",
		Why:   "Browsers refuse such mixed content. Usually the application is behind a proxy that terminates TLS, and builds the Location from the plain http request that it sees.",
		Fix:   "Let the application trust the proxy's X-Forwarded-Proto, so that its redirects say https; or redirect to a path instead of a URL.",
		Example: fromApp(get(), Answer{
			Status: 307, Headers: allowed + "Location: http://api.example.com/items/",
		}),
		Fixed:   answered(Answer{Status: 307, Headers: allowed + "Location: /items/"}, read),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMixedContent && s.redirect() != "" },
	}
})
