package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "script-error-hidden", Side: cause.Page,
	Title:   "The browser hides the error of a script that was loaded without CORS",
	Why:     "An error in a script of another origin reaches window.onerror only as \"Script error.\", without message and stack.",
	Fix:     "Set crossorigin=\"anonymous\" on the script element, and let the script's server send Access-Control-Allow-Origin.",
	Message: "Script error.",
})
