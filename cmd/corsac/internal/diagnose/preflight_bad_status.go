package diagnose

var _ = register(&Cause{Slug: "preflight-bad-status", NeedsPolicy: true})

var _ = class(&Text{
	Slug:    "preflight-bad-status", // package cause has its other texts
	Apart:   "The status of the response to OPTIONS decides: 404 or 405 is a missing route, 401 or 403 a login check or firewall, 500 and above a server that does not expect OPTIONS. Firefox and Safari print it, and so does the network panel.",
	Message: "Access to fetch at 'https://api.example.com/items' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
})
