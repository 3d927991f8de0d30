package cause

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
}
