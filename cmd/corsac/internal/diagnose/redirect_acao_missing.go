package diagnose

var _ = class(&Text{
	Slug:    "redirect-acao-missing",
	Title:   "A redirect leads to a response without Access-Control-Allow-Origin",
	Why:     "The server redirected the request, and a response on the way does not allow the page's origin. The browser checks every response, redirects too.",
	Apart:   oneSentence + "Look where the redirect leads: a login page means that the session or token is missing, the same URL with https or a slash means that the page uses the wrong URL. If the last URL is a public API, it must allow the origin null or *.",
	Message: "Access to fetch at 'https://login.example.com/authorize' (redirected from 'https://api.example.com/me') from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
