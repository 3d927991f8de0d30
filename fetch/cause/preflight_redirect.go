package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

const noRedirect = "Browsers do not follow redirects of a preflight, whatever is at the other URL. "

// preflightRedirects adds redirects of a preflight.
func (r *registry) preflightRedirects() {
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "preflight-redirect-trailing-slash", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected only to add or remove a trailing slash",
		When:  "The preflight response redirects to a URL that differs only in a trailing slash.",
		Why:   noRedirect + "The routers of many frameworks redirect to the form of the path in which the route was written.",
		Fix:   "Call {location} from the page, or make the route accept both forms.",
		Example: fromApp(put(), Answer{
			Status: 307, Headers: "Location: https://api.example.com/items/",
		}),
		Fixed: Scenario{Request: fetch.Request{URL: api + "/", Method: "PUT"}, Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			from, to := s.url.Path, s.location().Path
			return s.sameServer() && from != to && strings.TrimSuffix(from, "/") == strings.TrimSuffix(to, "/")
		},
	})
	r.add(&Cause{
		Slug: "preflight-redirect-double-slash", Side: Page, at: atRedirect, shows: []string{"Location"},
		Title: "The preflight is redirected, because the path has a double slash",
		When:  "The preflight response redirects to the same path without its double slashes.",
		Why:   noRedirect + "The double slash usually comes from joining a base URL that ends in a slash with a path that begins with one.",
		Fix:   "Call {location} from the page: join the base URL and the path with one slash.",
		Example: fromApp(fetch.Request{URL: "https://api.example.com//items", Method: "PUT"}, Answer{
			Status: 301, Headers: "Location: /items",
		}),
		Fixed: Scenario{Request: put(), Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			from, to := s.url.Path, s.location().Path
			return s.sameServer() && from != to && mergeSlashes(from) == mergeSlashes(to) && !strings.Contains(to, "//")
		},
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "preflight-redirect-login", Side: Server, at: atRedirect, rank: first, Confidence: likely, shows: []string{"Location"},
		Title: "The preflight is redirected to a login page",
		When:  "The preflight response redirects to a URL that looks like a login.",
		Why:   "A preflight never carries cookies or tokens, so a server that checks the login before CORS redirects every preflight. " + noRedirect,
		Fix:   "Let OPTIONS requests pass the login check, or put CORS before it. Respond to API requests without a session with 401 instead of a redirect.",
		Example: fromApp(put(), Answer{
			Status: 302, Headers: "Location: https://login.example.com/oauth2/authorize?client_id=app",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return isLogin(s.location()) && !isLogin(s.url) },
	})
	r.add(&Cause{
		Slug: "preflight-redirect", Side: Page, at: atRedirect, rank: last, shows: []string{"Location"},
		Title:   "The preflight is redirected",
		When:    "The preflight response redirects, to a URL that differs in more than scheme, slash or www.",
		Why:     noRedirect,
		Fix:     "Call {location} from the page if that is the resource. Otherwise make the server answer OPTIONS itself instead of redirecting it.",
		Example: fromApp(put(), Answer{Status: 308, Headers: "Location: /v2/items"}),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://api.example.com/v2/items", Method: "PUT"}, Answers: []Answer{granted, read}},
		applies: func(*scene) bool { return true },
	})
}
