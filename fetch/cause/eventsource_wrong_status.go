package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "eventsource-wrong-status", Side: Server, at: atFailed,
		Title:   "The status of the response to an EventSource is not 200",
		When:    "An EventSource gets another status than 200, such as an error or 204.",
		Why:     "Browsers read event streams only from responses with status 200. After any other the EventSource is closed, and does not connect again.",
		Fix:     "Check the URL and the server's log, and let {url} respond with 200 and Content-Type: text/event-stream. With 204, the server asked for the end.",
		Example: fromApp(events, Answer{Status: 500, Headers: allowed + "Content-Type: text/event-stream"}),
		Fixed:   answered(stream),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonEventStatus },
	}
})
