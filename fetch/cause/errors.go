package cause

import "github.com/corsac-dev/corsac/fetch"

const errorIsReal = "Script cannot see an error without CORS headers; the console reports it as a CORS failure. "

// errorResponses adds errors that script cannot see.
func (r *registry) errorResponses() {
	r.add(&Cause{
		Slug: "auth-error-without-cors", Side: Server, at: atMissing, shows: []string{"WWW-Authenticate"},
		Title: "Authentication fails with {status}, and the response has no CORS headers",
		When:  "The response to the request itself is 401 or has WWW-Authenticate, and has no CORS headers.",
		Why:   errorIsReal + "The real problem is the request's credentials: the token or cookie is missing, wrong or expired.",
		Fix:   "Send valid credentials. Let CORS run before authentication, so that script can read the {status}.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer expired"}), granted, Answer{
			Status: 401, Headers: "WWW-Authenticate: Bearer",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.preflight() && (s.status(401, 407) || s.has("WWW-Authenticate")) },
	})
	r.add(&Cause{
		Slug: "rate-limited-without-cors", Side: Server, at: atMissing | atStatus, shows: []string{"Retry-After", "Server"},
		Title: "The server limits the rate of requests (429)",
		When:  "The response is 429, and either it is to a preflight or it has no CORS headers.",
		Why:   errorIsReal + "A rate limit that runs before CORS refuses the request.",
		Fix:   "Send fewer requests, and wait as long as Retry-After says. Run CORS before the rate limiter, and do not count preflights.",
		Example: fromApp(get(), Answer{
			Status: 429, Headers: "Retry-After: 60",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.status(429) },
	})
	r.add(&Cause{
		Slug: "payload-too-large-without-cors", Side: Server, at: atMissing, shows: []string{"Server"},
		Title: "The request is too large (413), and the response has no CORS headers",
		When:  "The response to the request itself is 413, without CORS headers.",
		Why:   errorIsReal + "A proxy rejects the body before the application, which handles CORS, sees it.",
		Fix:   "Send a smaller body, or raise the limit (client_max_body_size in nginx). Set the CORS headers on errors of the proxy, too (in nginx, with always at the end of add_header).",
		Example: fromApp(put(), granted, Answer{
			Status: 413, Headers: "Server: nginx",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.preflight() && s.status(413) },
	})
	r.add(&Cause{
		Slug: "gateway-error-without-cors", Side: Server, at: atMissing | atStatus, shows: []string{"Server", "Via"},
		Title: "A proxy responds with {status} in place of the application",
		When:  "The response is 502, 503 or 504, and either it is to a preflight or it has no CORS headers.",
		Why:   errorIsReal + "The proxy or load balancer did not get a response from the application, and sent its own.",
		Fix:   "Start or fix the application; the proxy's log says what failed. Set the CORS headers on the proxy's errors, too.",
		Example: fromApp(get(), Answer{
			Status: 502, Headers: "Server: nginx\nContent-Type: text/html",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.isGatewayError() },
	})
	r.add(&Cause{
		Slug: "server-error-without-cors", Side: Server, at: atMissing, Confidence: likely,
		Title: "The server failed ({status}), and the response has no CORS headers",
		When:  "The response to the request itself has a 5xx status other than 502 to 504, and no CORS headers.",
		Why:   errorIsReal + "The application crashed, and its error path skips CORS. Some CORS libraries also respond with 500 to an origin that is not allowed: Not allowed by CORS.",
		Fix:   "Read the server's log and fix the error; add the origin {page} if the log says that it is not allowed. Put CORS outermost, so that errors have the headers, too.",
		Example: fromApp(get(), Answer{
			Status: 500, Headers: "Content-Type: text/plain",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status >= 500 && !s.isGatewayError() },
	})
	r.add(&Cause{
		Slug: "http-to-https-port", Side: Page, at: atMissing | atStatus, Confidence: likely, rank: first,
		Title: "Plain http goes to a port that expects https",
		When:  "The response to an http: URL with port 443 or 8443 is 400.",
		Why:   "Servers respond to plain http on their TLS port with 400.",
		Fix:   "Call {secure} from the page.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:8443/items"}, Answers: []Answer{
			{Status: 400},
		}},
		Fixed: Scenario{Request: fetch.Request{URL: "https://localhost:8443/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			port := s.url.EffectivePort()
			return s.status(400) && s.url.Scheme == "http" && (port == 443 || port == 8443)
		},
	})
	r.add(&Cause{
		Slug: "error-response-without-cors", Side: Server, at: atMissing, rank: last, shows: []string{"Server", "Content-Type"},
		Title: "The server responds with {status}, without CORS headers",
		When:  "The response to the request itself has a 4xx status that has no cause of its own, and no CORS headers.",
		Why:   errorIsReal + "The real problem is that the server responds with {status}: first check the URL, the method and the parameters.",
		Fix:   "Correct the request. Set the CORS headers on errors, too: put CORS around the whole application; in nginx, write always at the end of add_header.",
		Example: fromApp(get(), Answer{
			Status: 404, Headers: "Content-Type: text/html",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return !s.preflight() && s.last.Status >= 400 },
	})
}
