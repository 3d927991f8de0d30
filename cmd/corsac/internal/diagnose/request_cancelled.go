package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "request-cancelled", Side: cause.Page,
	Title:   "The page cancelled the request",
	Why:     "The page was left, or its code aborted the request, before the response came. This is not CORS.",
	Fix:     "Look for a form that is submitted, a link that is followed or an AbortController. In a click handler, call preventDefault.",
	Message: "GET https://api.example.com/items net::ERR_ABORTED",
})
