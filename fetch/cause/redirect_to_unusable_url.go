package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-to-unusable-url", Side: Server, at: atFailed, rank: last, shows: []string{"Location"},
		Title:   "The redirect leads to a URL that pages cannot load",
		When:    "A Location is not a URL, has a scheme other than http and https, or contradicts another one.",
		Why:     "Browsers follow redirects only to http: and https: URLs.",
		Fix:     "Correct the Location header: {location}",
		Example: fromApp(get(), Answer{Status: 302, Headers: allowed + "Location: myapp://done"}),
		Fixed:   answered(read),
		applies: func(s *scene) bool {
			switch s.code() {
			case "net::ERR_UNSAFE_REDIRECT", "net::ERR_INVALID_REDIRECT", "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION", "net::ERR_UNKNOWN_URL_SCHEME":
				return true
			}
			return s.code() == string(fetch.CodeCorsDisabledScheme) && s.redirect() != ""
		},
	}
})
