package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// unexpected adds responses of a server, or to a page, that nobody meant.
func (r *registry) unexpected() {
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "localhost-ipv6-other-server", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"Server"},
		Title: "macOS AirPlay Receiver is using this port",
		When:  "The Server header of the response says AirTunes.",
		Why:   "AirPlay Receiver listens on ports 5000 and 7000, and responds in place of your server.",
		Fix:   "Run your server on another port, or turn AirPlay Receiver off; 127.0.0.1 instead of localhost may also reach your server.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:5000/items"}, Answers: []Answer{
			{Status: 403, Headers: "Server: AirTunes/760.20.1"},
		}},
		Fixed:   answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *"}),
		applies: func(s *scene) bool { return s.from("AirTunes") },
	})
	r.add(&Cause{
		Slug: "blocked-by-bot-protection", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"cf-mitigated", "Server"},
		Title: "Bot protection responds with a challenge page",
		When:  "The response is marked as a challenge (cf-mitigated: challenge, or x-amzn-waf-action: challenge).",
		Why:   "Script cannot solve the challenge, and a preflight cannot either: the request never reaches the API.",
		Fix:   "Exempt the API's paths, and OPTIONS in particular, from the bot protection.",
		Example: fromApp(get(), Answer{
			Status: 403, Headers: "cf-mitigated: challenge\nServer: cloudflare",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.isChallenge() },
	})
	r.add(&Cause{
		Slug: "null-origin-page", Side: Page, at: atMissing | atOrigin, rank: first, Confidence: likely, shows: []string{">Origin", allowOrigin},
		Title: "The page has no origin of its own: the browser sends Origin: null",
		When:  "The page's origin is null, and the server does not allow it.",
		Why:   "Pages opened from a file, sandboxed frames and data: URLs have the origin null. Any site can make such a page, so servers should not allow null.",
		Fix:   "Serve the page over http, such as http://localhost:3000, and allow that origin. For a sandboxed frame, add allow-same-origin. If the server's data is public, it can allow every origin with *.",
		Example: Scenario{Page: "null", Request: get(), Answers: []Answer{
			{Status: 200, Headers: "Vary: Origin"},
		}},
		Fixed:   Scenario{Page: app, Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.v.Request.Origin == "null" && s.last.Hop == 0 && s.redirect() == "" },
	})
}

// isChallenge reports whether the answer is a challenge of a bot protection.
func (s *scene) isChallenge() bool {
	return strings.EqualFold(s.answer("cf-mitigated"), "challenge") || strings.EqualFold(s.answer("x-amzn-waf-action"), "challenge")
}
