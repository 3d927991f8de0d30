package diagnose

var _ = class(&Text{
	Slug:    "opaque-response-blocked",
	Title:   "The browser blocked a response that a tag without CORS cannot use",
	Why:     "A request without CORS, such as that of a script tag or mode no-cors, was answered with JSON, HTML or another type that such a request must not get. The browser keeps it from the page.",
	Apart:   "If script made the request with mode no-cors, remove the mode and let the server allow the origin. If a tag made it, the URL or its Content-Type is wrong.",
	Message: "GET https://api.example.com/data.json net::ERR_BLOCKED_BY_ORB",
})
