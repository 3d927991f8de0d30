package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

func init() {
	register(&Cause{
		Slug: "mixed-content", Side: Page, at: atFailed,
		Title:   "An https page cannot call an http: URL",
		When:    "The page is https, the URL is plain http on another machine, and no redirect led there.",
		Why:     "Browsers refuse such mixed content before they send anything, so no header can allow it.",
		Fix:     "Call {secure}, and serve it there; or let the page's own server pass the request on.",
		Example: fromApp(fetch.Request{URL: "http://api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMixedContent && s.redirect() == "" },
	})
	register(&Cause{
		Slug: "redirect-downgrade-mixed-content", Side: Server, at: atFailed, shows: []string{"Location"},
		Title: "The server redirects from https to http",
		When:  "The page is https, and a redirect leads to plain http on another machine.",
		Why:   "Browsers refuse such mixed content. Usually the application is behind a proxy that ends TLS, and builds the Location from the plain request that it sees.",
		Fix:   "Let the application trust the proxy's X-Forwarded-Proto, so that its redirects say https; or redirect to a path instead of a URL.",
		Example: fromApp(get(), Answer{
			Status: 307, Headers: allowed + "Location: http://api.example.com/items/",
		}),
		Fixed:   answered(Answer{Status: 307, Headers: allowed + "Location: /items/"}, read),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMixedContent && s.redirect() != "" },
	})
	register(&Cause{
		Slug: "local-network-access", Side: Page, at: atFailed,
		Title:   "A public page needs permission to call the local network",
		When:    "A page on the public internet calls an address of the machine or its local network, without the permission.",
		Why:     "Chrome asks its user before such a request, and refuses it if the page is not https. It reports the refusal as a CORS error, though no header of the server can allow it.",
		Fix:     "Serve the page over https and let the user allow access to the local network; a frame needs allow=\"local-network-access\", too. For development, open the page from localhost.",
		Example: fromApp(fetch.Request{URL: "http://127.0.0.1:9100/print"}),
		Fixed: Scenario{Page: local, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: http://localhost:5173"},
		}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeLocalNetworkAccessPermissionDenied) || s.code() == string(fetch.CodeInsecureLocalNetwork)
		},
	})
	register(&Cause{
		Slug: "page-csp-connect-src", Side: Page, at: atFailed,
		Title:   "The page's own Content Security Policy forbids the request",
		When:    "The page's Content-Security-Policy does not list the URL, for script mostly in connect-src.",
		Why:     "The policy of the page decides before CORS does, and nothing is sent: {detail}.",
		Fix:     "Add {server} to that directive of the page's Content-Security-Policy.",
		Example: fromApp(get(), Answer{Error: codeCSP}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.code() == codeCSP },
	})
	register(&Cause{
		Slug: "blocked-unsafe-port", Side: Network, at: atFailed,
		Title:   "Browsers do not connect to port {port}",
		When:    "The port of the URL is in the list of ports that browsers refuse.",
		Why:     "The port belongs to another protocol, such as X11 or mail, and browsers refuse it to protect servers of that protocol. Firefox says nothing.",
		Fix:     "Let the server listen on another port, such as 8080.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:6000/items"}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:8080/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeUnsafePort) },
	})
	register(&Cause{
		Slug: "url-with-credentials", Side: Page, at: atFailed,
		Title:   "The URL has a user name or password",
		When:    "The URL that script gives has a user name or password before its host.",
		Why:     "Browsers do not let script make such a request.",
		Fix:     "Leave them out of the URL, and send an Authorization header instead.",
		Example: fromApp(fetch.Request{URL: "https://user:secret@api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeTypeError) && strings.Contains(s.err().Exception, "URL that includes credentials")
		},
	})
	register(&Cause{
		Slug: "url-without-scheme", Side: Page, at: atFailed, Confidence: likely,
		Title:   "The URL has no http:// or https:// before its host",
		When:    "What stands before the first colon of the URL looks like a host, and what follows like a port.",
		Why:     "A browser takes what is before the colon for the scheme of the URL.",
		Fix:     "Write http:// or https:// before it.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "localhost:3000/items"}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:3000/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			scheme, rest, _ := strings.Cut(s.v.Request.URL, ":")
			return s.last.Status == 0 && rest != "" && rest[0] >= '0' && rest[0] <= '9' && (scheme == "localhost" || strings.Contains(scheme, "."))
		},
	})
	register(&Cause{
		Slug: "unsupported-scheme", Side: Page, at: atFailed, rank: last,
		Title:   "Pages cannot load this URL: browsers use CORS with http and https only",
		When:    "The URL is neither http: nor https:, such as file:.",
		Why:     "No header can allow it, since no server is asked.",
		Fix:     "Serve it over http, on the page's own server if it belongs to the page.",
		Example: Scenario{Page: "null", Request: fetch.Request{URL: "file:///home/me/data.json"}},
		Fixed:   Scenario{Page: app, Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			refused := s.reason() == fetch.ReasonUnsupportedScheme || s.reason() == fetch.ReasonLocalResource || s.code() == string(fetch.CodeCorsDisabledScheme)
			return refused && s.redirect() == ""
		},
	})
	register(&Cause{
		Slug: "same-origin-mode", Side: Page, at: atFailed,
		Title:   "The request has mode same-origin, and goes to another origin",
		When:    "The request has mode same-origin and its URL, or a redirect, is of another origin.",
		Why:     "In this mode the browser refuses other origins, whatever they would answer.",
		Fix:     "Leave mode: \"same-origin\" out of the request.",
		Example: fromApp(fetch.Request{URL: api, Options: fetch.Options{Mode: fetch.ModeSameOrigin}}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.reason() == fetch.ReasonSameOriginMode || s.reason() == fetch.ReasonSameOriginLeft
		},
	})
	register(&Cause{
		Slug: "invalid-request", Side: Page, at: atFailed, rank: last,
		Title:   "Script cannot make this request",
		When:    "The browser throws an exception instead of sending the request.",
		Why:     "The browser says: {exception}",
		Fix:     "Correct the call in the page; no server was asked.",
		Example: fromApp(fetch.Request{URL: api, Method: "TRACE"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeTypeError) },
	})
}

// codeCSP is Chromium's network error for what a Content Security Policy forbids.
const codeCSP = "net::ERR_BLOCKED_BY_CSP"
