package cause

// preflightStatus adds preflights whose status is not 200 to 299.
func (r *registry) preflightStatus() {
	r.add(&Cause{
		Slug: "preflight-not-routed", Side: Server, at: atStatus, Confidence: likely, shows: []string{"Allow"},
		Title: "No route answers the preflight: OPTIONS gets {status}",
		When:  "The preflight response is 404, 405, 410 or 501.",
		Why:   "The server has no route for OPTIONS at this URL, and CORS is not handled before routing. If the URL is wrong, every method gets this response.",
		Fix:   "Put CORS around the whole router, so that it answers OPTIONS before routing. It must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 405, Headers: "Allow: GET, PUT",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.status(404, 405, 410, 501) || s.isUnknownToGateway() },
	})
	r.add(&Cause{
		Slug: "preflight-requires-auth", Side: Server, at: atStatus, shows: []string{"WWW-Authenticate"},
		Title: "The server requires the preflight to authenticate: OPTIONS gets {status}",
		When:  "The preflight response is 401 or 407, or has WWW-Authenticate.",
		Why:   "A preflight never carries cookies, tokens or API keys, so authentication that runs before CORS refuses all of them.",
		Fix:   "Put CORS before authentication, or let OPTIONS requests pass without it. CORS must allow {needs}.",
		Example: fromApp(put(), Answer{
			Status: 401, Headers: "WWW-Authenticate: Bearer",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			return s.status(401, 407) || s.has("WWW-Authenticate")
		},
	})
	r.add(&Cause{
		Slug: "preflight-server-error", Side: Server, at: atStatus, rank: last,
		Title:   "The server fails on the preflight: OPTIONS gets {status}",
		When:    "The preflight response has a 5xx status other than 501 to 504.",
		Why:     "Something in the server does not expect OPTIONS: it may read a body that a preflight does not have. Some CORS libraries also respond with 500 to an origin that is not allowed.",
		Fix:     "Read the server's log. Answer OPTIONS in the CORS layer, before anything reads the request.",
		Example: fromApp(put(), Answer{Status: 500}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.last.Status >= 500 && !s.isGatewayError() && !s.status(501) },
	})
	r.add(&Cause{
		Slug: "preflight-blocked-by-waf", Side: Server, at: atStatus, Confidence: likely, shows: []string{"Server", "Content-Type"},
		Title: "A firewall seems to block the preflight: OPTIONS gets {status}",
		When:  "The preflight response is 403 or 406 with an HTML page, from a server known as a firewall or CDN.",
		Why:   "The rules of web application firewalls often block the method OPTIONS. The page in the response comes from the firewall, not from the API.",
		Fix:   "Allow OPTIONS requests for the API in the firewall's rules.",
		Example: fromApp(put(), Answer{
			Status: 403, Headers: "Server: cloudflare\nContent-Type: text/html; charset=UTF-8",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			known := s.from("cloudflare") || s.from("AkamaiGHost") || s.from("CloudFront") || s.from("imperva") || s.has("X-Iinfo") || s.has("X-Sucuri-ID")
			return s.status(403, 406) && s.isHTML() && known && !s.has(allowMethods) && !s.lists("Vary", "Origin")
		},
	})
	r.add(&Cause{
		Slug: "storage-cors-rule-missing", Side: Policy, at: atStatus | atMissing, Confidence: likely,
		shows: []string{"Server", "x-amz-request-id", "x-ms-error-code", "x-guploader-uploadid"},
		Title: "No CORS rule of the storage bucket matches this request",
		When:  "A preflight is refused by object storage, which is recognized by its headers.",
		Why:   "Object storage accepts a preflight only if a single rule has the origin, the method and all headers; otherwise it refuses without saying what is missing.",
		Fix:   "Add a rule to the bucket that has all of these: {needs}.",
		Example: fromApp(put(), Answer{
			Status: 403, Headers: "Server: AmazonS3\nx-amz-request-id: 4442587FB7D0A2F9",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.preflight() && s.isStorage() },
	})
	r.add(&Cause{
		Slug: "preflight-bad-status", Side: Server, at: atStatus, rank: last, Confidence: possible, shows: []string{"Server", "Content-Type"},
		Title:   "The server refuses the preflight: OPTIONS gets {status}",
		When:    "The preflight response has a status outside 200 to 299, and nothing says why.",
		Why:     "Some CORS policies respond like this if they lack the origin, the method or one of the headers; so does access control that runs before CORS. A preflight needs a response with a status from 200 to 299.",
		Fix:     "Check that the CORS policy allows {needs}. If it does, let OPTIONS requests past whatever else refuses them.",
		Example: fromApp(put(), Answer{Status: 403}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.last.Status < 500 },
	})
}

// isUnknownToGateway reports whether AWS API Gateway answers for a method or path
// that it does not have: 403, with an error about a missing token.
func (s *scene) isUnknownToGateway() bool {
	return s.status(403) && s.answer("x-amzn-errortype") == "MissingAuthenticationTokenException"
}

// isGatewayError reports whether a proxy answers for a server that it did not reach.
func (s *scene) isGatewayError() bool { return s.status(502, 503, 504) }

// isStorage reports whether S3 or what speaks like it, Azure Storage or Google
// Cloud Storage answers.
func (s *scene) isStorage() bool {
	return s.from("AmazonS3") || s.has("x-amz-request-id") && !s.has("x-amzn-requestid") ||
		s.answer("x-ms-error-code") == "CorsPreflightFailure" || s.from("Windows-Azure-Blob") || s.has("x-guploader-uploadid")
}
