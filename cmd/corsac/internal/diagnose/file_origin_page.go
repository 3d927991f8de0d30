package diagnose

var _ = class(&Text{
	Slug:    "file-origin-page",
	Title:   "The page was opened from a file, and files cannot be requested",
	Why:     "The page's address begins with file:, so its origin is null. Browsers do not let such a page load modules, fetch files or use an API that allows origins by name.",
	Apart:   "There is only one fix: serve the page over http, with any web server, such as python3 -m http.server.",
	Message: "Access to script at 'file:///home/me/app/main.js' from origin 'null' has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app.",
})
