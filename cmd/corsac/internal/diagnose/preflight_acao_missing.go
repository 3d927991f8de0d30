package diagnose

var _ = class(&Text{
	Slug:    "preflight-acao-missing",
	Title:   "The preflight response has no Access-Control-Allow-Origin",
	Why:     "Before this request, the browser asks the server with OPTIONS whether it is allowed. The response to that OPTIONS request has no CORS headers, so the request itself was not sent.",
	Apart:   oneSentence + "The status of the response to OPTIONS decides: 404 or 405 is a missing route, 401 or 403 a login check or firewall, 200 or 204 a server without CORS or one that does not allow the origin.",
	Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
