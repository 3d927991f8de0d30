package diagnose

var _ = class(&Text{
	Slug:    "network-error-generic",
	Title:   "The request failed, and the message does not say why",
	Why:     "Script gets one error for every failure: a refusal by CORS, a server that does not run, a certificate that is not trusted, an ad blocker. Only the console and the network panel of the browser say more.",
	Apart:   "Look for a red line of the browser itself above this one: it names the CORS header or a net::ERR_ code. If there is none, look at the request in the network panel: a status means CORS, none means network.",
	Message: "Uncaught (in promise) TypeError: Failed to fetch",
})
