package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
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
	}
})
