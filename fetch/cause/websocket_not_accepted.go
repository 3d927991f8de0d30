package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
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
	}
})
