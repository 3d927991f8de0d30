package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "eventsource-wrong-type", Side: cause.Server,
	Title:   "The response to an EventSource is not text/event-stream",
	Why:     "CORS let the response through, but its Content-Type is not that of server-sent events. Often it is an error page or the start page of an application.",
	Fix:     "Open the URL and look what responds. Let the server send Content-Type: text/event-stream.",
	Message: "EventSource's response has a MIME type (\"application/json\") that is not \"text/event-stream\". Aborting the connection.",
})
