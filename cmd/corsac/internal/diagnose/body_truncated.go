package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "body-truncated", Side: cause.Network,
	Title:   "The response ended before it was complete",
	Why:     "The headers arrived, CORS included, but the body is shorter than Content-Length or its last chunk is missing.",
	Fix:     "Look at the server's and the proxy's log for a crash or a timeout while the response was being sent, and for a wrong Content-Length.",
	Message: "GET https://api.example.com/items net::ERR_CONTENT_LENGTH_MISMATCH 200 (OK)",
})
