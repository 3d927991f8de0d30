package cause

// missing adds why Access-Control-Allow-Origin is missing.
func (r *registry) missing() {
	r.add(&Cause{
		Slug: "origin-not-allowed", Side: Policy, at: atMissing | atStatus, Confidence: likely,
		shows: []string{"Vary", ">Origin", allowMethods, allowHeaders},
		Title: "The server's CORS policy refuses the page's origin, {sent}",
		When:  "The response has no Access-Control-Allow-Origin, but shows that the server handles CORS: Vary names Origin, or there are other CORS headers.",
		Why:   "The server checks Origin and does not allow this one. {doubt}",
		Fix:   "Add {sent} to the origins that the policy allows, exactly as written here: scheme, host and port.",
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
	r.add(&Cause{
		Slug: "no-cors-headers", Side: Policy, at: atMissing, rank: last, Confidence: likely,
		shows: []string{"Server", "Age", "X-Cache", "CF-Cache-Status"},
		Title: "The server's response has no CORS headers",
		When:  "The response to the request itself has no CORS headers, and nothing else is wrong with it.",
		Why:   "Without Access-Control-Allow-Origin, the browser does not let a page of another origin read the response. Either the server has no CORS at all, or CORS does not cover this route.",
		Fix:   "Add CORS to the server, in one layer that all its responses pass through, and allow the origin {page}.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status < 400 && s.redirect() == "" },
	})
	r.add(&Cause{
		Slug: "cors-only-on-preflight", Side: Server, at: atMissing, shows: []string{"Server"},
		Title: "Only the preflight response has CORS headers",
		When:  "The preflight allows the request, and the response to the request itself is a success without Access-Control-Allow-Origin.",
		Why:   "The browser checks the headers of both responses. Servers miss the second if they set them in a branch for OPTIONS, or if the CORS middleware comes after the route.",
		Fix:   "Set Access-Control-Allow-Origin on the response to {method}, too: move it out of the branch for OPTIONS, or the CORS middleware before the routes.",
		Example: fromApp(put(), granted, Answer{
			Status: 200, Headers: "Content-Type: application/json",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflightPassed() != nil && s.last.Status < 300
		},
	})
	r.add(&Cause{
		Slug: "preflight-without-cors-headers", Side: Server, at: atMissing, rank: last, Confidence: likely, shows: []string{"Allow", "Server"},
		Title: "The preflight response has no CORS headers",
		When:  "The preflight response has a status from 200 to 299 and no CORS headers.",
		Why:   "Either the server has no CORS at all, or something answers OPTIONS before CORS does. Many frameworks answer OPTIONS with a list of the methods of a route, in Allow.",
		Fix:   "Put CORS before the routes, so that it answers OPTIONS itself. It must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Allow: GET,HEAD,PUT",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.preflight() },
	})
	r.add(&Cause{
		Slug: "preflight-answered-by-html-page", Side: Server, at: atMissing, Confidence: likely, shows: []string{"Content-Type"},
		Title: "The response to the preflight is an HTML page",
		When:  "The preflight response has a status from 200 to 299 and is HTML, without CORS headers or Allow.",
		Why:   "A login page or an application's start page answers OPTIONS in place of the API.",
		Fix:   "Let OPTIONS requests reach CORS: before the login check, and before the rule that serves the start page for unknown URLs. If the URL is not the API's, correct it.",
		Example: fromApp(put(), Answer{
			Status: 200, Headers: "Content-Type: text/html; charset=utf-8",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.preflight() && s.isHTML() && !s.has("Allow") && !s.has(allowMethods) && !s.lists("Vary", "Origin")
		},
	})
	r.add(&Cause{
		Slug: "cors-headers-in-trailers", Side: Server, at: atMissing, rank: first, shows: []string{"Trailer"},
		Title: "The CORS headers come after the body, as trailers",
		When:  "The response lacks Access-Control-Allow-Origin and announces it as a trailer.",
		Why:   "Browsers look only at the headers before the body.",
		Fix:   "Set the header before the handler writes the status or the first byte of the body.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Trailer: Access-Control-Allow-Origin",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.lists("Trailer", allowOrigin) },
	})
}
