package cause

import "github.com/corsac-dev/corsac/fetch"

// page adds what a page cannot do, whatever servers respond.
func (r *registry) page() {
	r.add(&Cause{
		Slug: "mixed-content", Side: Page, at: atFailed,
		Title:   "An https page cannot call an http: URL",
		When:    "The page is https, the URL is plain http on another machine, and no redirect led there.",
		Why:     "Browsers refuse such mixed content before they send anything, so no header can allow it.",
		Fix:     "Call {secure}, and serve it there; or let the page's own server proxy the request.",
		Example: fromApp(fetch.Request{URL: "http://api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMixedContent && s.redirect() == "" },
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "local-network-access", Side: Page, at: atFailed,
		Title:   "A public page needs permission to call the local network",
		When:    "A page on the public internet calls an address of the machine or its local network, without the permission.",
		Why:     "Chrome asks the user before such a request, and refuses it if the page is not https. It reports the refusal as a CORS error, though no header of the server can allow it.",
		Fix:     "Serve the page over https and let the user allow access to the local network; a frame needs allow=\"local-network-access\", too. For development, open the page from localhost.",
		Example: fromApp(fetch.Request{URL: "http://127.0.0.1:9100/print"}),
		Fixed: Scenario{Page: local, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: http://localhost:5173"},
		}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeLocalNetworkAccessPermissionDenied) || s.code() == string(fetch.CodeInsecureLocalNetwork)
		},
	})
	r.add(&Cause{
		Slug: "page-csp-connect-src", Side: Page, at: atFailed,
		Title:   "The page's own Content Security Policy forbids the request",
		When:    "The page's Content-Security-Policy does not list the URL; for script the directive is usually connect-src.",
		Why:     "The page's policy is checked before CORS, and nothing is sent: {detail}.",
		Fix:     "Add {server} to that directive of the page's Content-Security-Policy.",
		Example: fromApp(get(), Answer{Error: codeCSP}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.code() == codeCSP },
	})
	r.add(&Cause{
		Slug: "blocked-unsafe-port", Side: Network, at: atFailed,
		Title:   "Browsers do not connect to port {port}",
		When:    "The URL's port is on the list of ports that browsers block.",
		Why:     "The port belongs to another protocol, such as X11 or mail, and browsers block it to protect servers that speak it. Firefox prints nothing.",
		Fix:     "Run the server on another port, such as 8080.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:6000/items"}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:8080/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeUnsafePort) },
	})
}

// codeCSP is Chromium's network error for what a Content Security Policy forbids.
const codeCSP = "net::ERR_BLOCKED_BY_CSP"
