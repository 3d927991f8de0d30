package diagnose

var _ = class(&Text{
	Slug:    "redirect-after-preflight",
	Title:   "The server redirects a request that needs a preflight",
	Why:     "The preflight or the request after it was answered with a redirect to another origin or URL, and the browser does not follow it without CORS headers on the redirect.",
	Apart:   "Look at Location: another spelling of the same URL means that the page should request that URL; a login page means that the session or token is missing.",
	Message: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/items. (Reason: CORS request external redirect not allowed).",
})
