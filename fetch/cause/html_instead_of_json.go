package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "html-instead-of-json", Side: Server, at: atMissing, Confidence: possible, shows: []string{"Content-Type", "Server"},
		Title: "The response is an HTML page, without CORS headers",
		When:  "The response to a request from script is a success with HTML, without CORS headers.",
		Why:   "An API rarely responds with HTML. The URL or port may belong to a development server or another application that serves its start page for unknown URLs.",
		Fix:   "Check the host, port and path of {url}. If it is what you meant, add CORS to that server, and allow the origin {page}.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:3000/api/items"}, Answers: []Answer{
			{Status: 200, Headers: "Content-Type: text/html"},
		}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:8000/api/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			d := s.v.Request.Destination
			script := d == "" || d == fetch.DestinationFetch || d == fetch.DestinationXHR
			return script && !s.preflight() && s.isHTML() && s.last.Status < 300 && s.preflightPassed() == nil && !s.lists("Vary", "Origin") && !s.isFromCache()
		},
	}
})
