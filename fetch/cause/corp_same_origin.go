package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "corp-same-origin", Side: Server, at: atFailed, shows: []string{"Cross-Origin-Resource-Policy"},
		Title: "The server does not let other sites embed this (Cross-Origin-Resource-Policy)",
		When:  "A request without CORS, such as that of an image, gets a Cross-Origin-Resource-Policy that excludes the page.",
		Why:   "Cross-Origin-Resource-Policy controls what pages can load without CORS. Some security middleware sets same-origin by default.",
		Fix:   "Set Cross-Origin-Resource-Policy: cross-origin on what other sites may embed.",
		Example: fromApp(fetch.Request{URL: "https://cdn.example.net/logo.png", Options: fetch.Options{Destination: fetch.DestinationImage}}, Answer{
			Status: 200, Headers: "Cross-Origin-Resource-Policy: same-origin",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: "Cross-Origin-Resource-Policy: cross-origin"}),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonCORP },
	}
})
