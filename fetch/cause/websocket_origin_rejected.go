package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
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
	}
})
