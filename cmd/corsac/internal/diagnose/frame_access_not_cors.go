package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "frame-access-not-cors", Side: cause.Page,
	Title:   "A page may not reach into a frame or window of another origin",
	Why:     "This is the same-origin policy for windows. No CORS header changes it.",
	Fix:     "Let the two pages send each other messages with postMessage, or serve both from one origin.",
	Message: "SecurityError: Failed to read a named property 'document' from 'Window': Blocked a frame with origin \"https://app.example.com\" from accessing a cross-origin frame.",
})
