package diagnose

var _ = class(&Text{
	Slug:    "script-crossorigin-needs-cors",
	Aliases: []string{"script-needs-cors"},
	Title:   "A script with crossorigin, or a module, needs CORS from its server",
	Why:     "A plain script tag loads from anywhere, but type=module, the attribute crossorigin and import() make the browser require Access-Control-Allow-Origin. The server of the script does not send it.",
	Apart:   "If the tag has crossorigin without need, remove the attribute. A module always needs the header.",
	Message: "Access to script at 'https://cdn.example.net/app.js' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
})
