package diagnose

var _ = class(&Text{
	Slug:    "not-cors",
	Title:   "This is not a CORS error",
	Why:     "The message has another reason, which no CORS header changes.",
	Apart:   "The console of the browser, and the status of the response, say what it is.",
	Message: "Uncaught TypeError: Cannot read properties of undefined (reading 'map')",
})
