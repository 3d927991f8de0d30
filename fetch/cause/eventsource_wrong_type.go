package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "eventsource-wrong-type", Side: Server, at: atFailed, shows: []string{"Content-Type"},
		Title:   "The response to an EventSource is not text/event-stream",
		When:    "An EventSource gets another Content-Type than text/event-stream, or a charset other than UTF-8.",
		Why:     "Browsers read event streams only if Content-Type says that they are that. Often the response is an error page, or the start page of an application.",
		Fix:     "Open {url} and look what responds. Let the server send Content-Type: text/event-stream.",
		Example: fromApp(events, Answer{Status: 200, Headers: allowed + "Content-Type: application/json"}),
		Fixed:   answered(stream),
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMIMEType && s.isEventSource() },
	}
})

// events is a request for server-sent events, and stream an answer to it.
var (
	events = fetch.Request{URL: "https://api.example.com/events", Options: fetch.Options{Destination: fetch.DestinationEventSource}}
	stream = Answer{Status: 200, Headers: allowed + "Content-Type: text/event-stream"}
)

func (s *scene) isEventSource() bool {
	return s.v.Request.Destination == fetch.DestinationEventSource
}
