package diagnose

var _ = class(&Text{
	Slug:    "acao-missing",
	Title:   "The response has no Access-Control-Allow-Origin",
	Why:     "The server responded, and the response does not allow pages of other origins to read it. It may be an error page or a login page instead of the response that you expect.",
	Apart:   oneSentence + "The status of the response decides: an error is the cause itself, and its missing header a symptom. If the status is 200, look whether other routes, and other origins, get the header.",
	Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
