package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

func init() {
	register(&Cause{
		Slug: "origin-not-allowed", Side: Policy, at: atMissing | atStatus, Confidence: likely,
		shows: []string{"Vary", ">Origin", allowMethods, allowHeaders},
		Title: "The server's CORS policy refuses the page's origin, {sent}",
		When:  "The answer has no Access-Control-Allow-Origin, but shows that CORS is there: Vary names Origin, or there are other CORS headers.",
		Why:   "The server looks at Origin and does not allow this one. {doubt}",
		Fix:   "Add {sent} to the origins that the policy allows, exactly like this: scheme, host and port.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Vary: Origin",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			if s.has(allowOrigin) || s.preflightPassed() != nil || s.sent() == "null" || s.last.Status >= 500 || s.status(401, 407, 413, 429) {
				return false
			}
			if s.preflight() {
				return (s.has(allowMethods) || s.lists("Vary", "Origin")) && !s.status(404, 405, 410)
			}
			return s.lists("Vary", "Origin") && s.redirect() == ""
		},
	})
	register(&Cause{
		Slug: "no-cors-headers", Side: Policy, at: atMissing, rank: last, Confidence: likely,
		shows: []string{"Server", "Age", "X-Cache", "CF-Cache-Status"},
		Title: "The server's answer has no CORS headers",
		When:  "The answer to the request itself has none of the headers of CORS, and nothing else is wrong with it.",
		Why:   "Without Access-Control-Allow-Origin the browser gives the answer to no page of another origin. Either the server has no CORS at all, or this route is outside of it.",
		Fix:   "Add CORS to the server, in one layer that all its answers pass through, and allow the origin {page}.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status < 400 && s.redirect() == "" },
	})
	register(&Cause{
		Slug: "cors-only-on-preflight", Side: Server, at: atMissing, shows: []string{"Server"},
		Title: "Only the preflight is answered with CORS headers",
		When:  "The preflight allows the request, and the answer to the request itself is a success without Access-Control-Allow-Origin.",
		Why:   "The browser looks at the headers of both answers. Servers that set them inside a branch for OPTIONS forget the other.",
		Fix:   "Set Access-Control-Allow-Origin on the answer to {method}, too: move it out of the branch for OPTIONS.",
		Example: fromApp(put(), granted, Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflightPassed() != nil && s.last.Status < 300
		},
	})
	register(&Cause{
		Slug: "preflight-without-cors-headers", Side: Server, at: atMissing, rank: last, Confidence: likely, shows: []string{"Allow", "Server"},
		Title: "The preflight is answered, but without CORS headers",
		When:  "The preflight is answered with 200 to 299 and none of the headers of CORS.",
		Why:   "Either the server has no CORS at all, or something answers OPTIONS before CORS does. An Allow header hints at the second: a router made the answer.",
		Fix:   "Put CORS before the routes, so that it answers OPTIONS itself. It must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Allow: GET,HEAD,PUT",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.preflight() },
	})
	register(&Cause{
		Slug: "preflight-answered-by-html-page", Side: Server, at: atMissing, Confidence: likely, shows: []string{"Content-Type"},
		Title: "The preflight is answered with a web page",
		When:  "The preflight is answered with 200 to 299 and HTML, without CORS headers and Allow.",
		Why:   "A login page or the start page of an application answers OPTIONS in place of the API.",
		Fix:   "Let OPTIONS requests reach CORS: before the login check, and before the rule that answers unknown URLs with the start page. If the URL is not that of the API, correct it.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Content-Type: text/html; charset=utf-8",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflight() && s.isHTML() && !s.has("Allow") && !s.has(allowMethods) && !s.lists("Vary", "Origin")
		},
	})
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
		Slug: "cors-headers-in-trailers", Side: Server, at: atMissing, rank: first, shows: []string{"Trailer"},
		Title: "The CORS headers come after the body, as trailers",
		When:  "The answer lacks Access-Control-Allow-Origin and announces it as a trailer.",
		Why:   "Browsers look only at the headers before the body.",
		Fix:   "Set the header before the handler writes the status or the first byte of the body.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Trailer: Access-Control-Allow-Origin",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.lists("Trailer", allowOrigin) },
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
