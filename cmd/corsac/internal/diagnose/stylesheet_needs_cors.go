package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "stylesheet-needs-cors", Side: cause.Page,
	Title:   "Script reads the rules of a stylesheet that was loaded without CORS",
	Why:     "A stylesheet of another origin applies to the page, but script may read its rules only with CORS.",
	Fix:     "Set crossorigin=\"anonymous\" on the link element, and let the stylesheet's server send Access-Control-Allow-Origin. Or skip such stylesheets in the script.",
	Message: "Uncaught SecurityError: Failed to read the 'cssRules' property from 'CSSStyleSheet': Cannot access rules",
})
