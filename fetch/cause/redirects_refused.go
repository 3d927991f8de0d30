package cause

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// refusedRedirects adds redirects that browsers do not follow, with or without CORS.
func (r *registry) refusedRedirects() {
	r.add(&Cause{
		Slug: "redirect-with-userinfo", Side: Server, at: atFailed, shows: []string{"Location"},
		Title:   "The redirect leads to a URL with a user name or password",
		When:    "A Location has a user name or password before its host.",
		Why:     "Browsers do not follow such a redirect to another origin.",
		Fix:     "Remove the user name and password from the Location.",
		Example: fromApp(get(), Answer{Status: 302, Headers: allowed + "Location: https://user:secret@api.example.com/v2"}),
		Fixed:   answered(Answer{Status: 302, Headers: allowed + "Location: https://api.example.com/v2"}, read),
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeRedirectContainsCredentials) || s.code() == string(fetch.CodeAborted) && s.location().HasCredentials()
		},
	})
	r.add(&Cause{
		Slug: "redirect-loop", Side: Server, at: atFailed, shows: []string{"Location"},
		Title: "Redirect loop",
		When:  "There are more than 20 redirects.",
		Why:   "The URLs redirect to each other, such as http and https when the proxy in front does not say that the browser used https.",
		Fix:   "Fix the redirect rule. Behind a proxy, let the application trust X-Forwarded-Proto.",
		Example: fromApp(get(), slices.Repeat([]Answer{
			{Status: 302, Headers: allowed + "Location: /items"},
		}, 21)...),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.code() == "net::ERR_TOO_MANY_REDIRECTS" },
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
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
	})
}
