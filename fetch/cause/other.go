package cause

import "github.com/corsac-dev/corsac/fetch"

// withoutCORS adds refusals by checks other than CORS.
func (r *registry) withoutCORS() {
	r.add(&Cause{
		Slug: "corp-same-origin", Side: Server, at: atFailed, shows: []string{"Cross-Origin-Resource-Policy"},
		Title: "The server does not let other sites embed this (Cross-Origin-Resource-Policy)",
		When:  "A request without CORS, such as that of an image, gets a Cross-Origin-Resource-Policy that excludes the page.",
		Why:   "Cross-Origin-Resource-Policy controls what pages can load without CORS. Some security middleware sets same-origin by default.",
		Fix:   "Set Cross-Origin-Resource-Policy: cross-origin on what other sites may embed.",
		Example: fromApp(fetch.Request{URL: "https://cdn.example.net/logo.png", Options: fetch.Options{Destination: fetch.DestinationImage}}, Answer{
			Status: 200, Headers: "Cross-Origin-Resource-Policy: same-origin",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: "Cross-Origin-Resource-Policy: cross-origin"}),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonCORP },
	})
	r.add(&Cause{
		Slug: "websocket-origin-rejected", Side: Server, at: atFailed, Confidence: likely, shows: []string{">Origin"},
		Title: "The server refuses this page's WebSocket: {status}",
		When:  "The response to a WebSocket handshake is 403.",
		Why:   "WebSockets do not use CORS, so CORS headers change nothing: the server itself compares Origin with a list, or requires a login.",
		Fix:   "Add {page} to the origins that the WebSocket server accepts (its own option, not the CORS policy).",
		Example: fromApp(fetch.Request{URL: "wss://api.example.com/chat", Options: fetch.Options{Destination: fetch.DestinationWebSocket}}, Answer{
			Status: 403,
		}),
		Fixed:   answered(Answer{Status: 101}),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonHandshake && s.status(403) },
	})
	r.add(&Cause{
		Slug: "websocket-not-accepted", Side: Server, at: atFailed, rank: last,
		Title: "The server does not accept a WebSocket there: {status}",
		When:  "The response to a WebSocket handshake has a status other than 101 and 403.",
		Why:   "WebSockets do not use CORS. The server has no WebSocket at this URL, or a proxy in front of it does not forward the upgrade.",
		Fix:   "Check the path. In a proxy, forward the Upgrade and Connection headers.",
		Example: fromApp(fetch.Request{URL: "wss://api.example.com/chat", Options: fetch.Options{Destination: fetch.DestinationWebSocket}}, Answer{
			Status: 404,
		}),
		Fixed:   answered(Answer{Status: 101}),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonHandshake },
	})
}
