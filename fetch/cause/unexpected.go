package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// Answers of a server, or to a page, that nobody meant.
func init() {
	register(&Cause{
		Slug: "html-instead-of-json", Side: Server, at: atMissing, Confidence: possible, shows: []string{"Content-Type", "Server"},
		Title: "A web page answers, without CORS headers",
		When:  "The request of script is answered with a success and HTML, without CORS headers.",
		Why:   "An API seldom answers with HTML. The URL or port may be that of a development server or another application, whose start page stands for unknown URLs.",
		Fix:   "Check host, port and path of {url}. If it is what you meant, add CORS to that server, and allow the origin {page}.",
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
	register(&Cause{
		Slug: "localhost-ipv6-other-server", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"Server"},
		Title: "Another program has the port: AirPlay of macOS answers",
		When:  "The Server header of the answer says AirTunes.",
		Why:   "The AirPlay receiver of macOS listens on ports 5000 and 7000, and answers in place of your server.",
		Fix:   "Let your server use another port, or switch the AirPlay receiver off; 127.0.0.1 instead of localhost may reach your server as well.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:5000/items"}, Answers: []Answer{
			{Status: 403, Headers: "Server: AirTunes/760.20.1"},
		}},
		Fixed:   answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *"}),
		applies: func(s *scene) bool { return s.from("AirTunes") },
	})
	register(&Cause{
		Slug: "blocked-by-bot-protection", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"cf-mitigated", "Server"},
		Title: "Bot protection answers with a challenge page",
		When:  "The answer is marked as a challenge (cf-mitigated: challenge, or x-amzn-waf-action: challenge).",
		Why:   "Script cannot solve the challenge, and a preflight even less: the request never reaches the API.",
		Fix:   "Exempt the API's paths, and OPTIONS in particular, from the bot protection.",
		Example: fromApp(get(), Answer{
			Status: 403, Headers: "cf-mitigated: challenge\nServer: cloudflare",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.isChallenge() },
	})
	register(&Cause{
		Slug: "null-origin-page", Side: Page, at: atMissing | atOrigin, rank: first, Confidence: likely, shows: []string{">Origin", allowOrigin},
		Title: "The page has no origin of its own: it sends Origin: null",
		When:  "The page's origin is null, and the server does not allow it.",
		Why:   "Pages that were opened from a file, sandboxed frames and data: URLs have the origin null. Any site can make such a page, so servers should not allow null.",
		Fix:   "Serve the page over http, such as http://localhost:3000, and allow that origin. For a sandboxed frame, add allow-same-origin. If what the server has is public, it can allow every origin with *.",
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
