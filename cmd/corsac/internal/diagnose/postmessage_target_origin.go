package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "postmessage-target-origin", Side: cause.Page,
	Title:   "postMessage names another origin than that of the window",
	Why:     "The browser delivers a message only if the window still has the origin that the call names. No CORS header changes that.",
	Fix:     "Give postMessage the origin of the page that is in the frame now, and send the message after the frame has loaded.",
	Message: "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided ('https://pay.example.net') does not match the recipient window's origin ('https://app.example.com').",
})
