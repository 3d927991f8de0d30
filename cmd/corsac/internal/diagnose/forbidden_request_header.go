package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "forbidden-request-header", Side: cause.Page,
	Title:   "Script may not set the request header {header}",
	Why:     "The browser sets this header itself and ignores what script sets. The request goes out without it.",
	Fix:     "Remove the header from the page's code: the browser sends Origin, Cookie, Host and User-Agent by itself. For cookies, use credentials: \"include\".",
	Message: "Refused to set unsafe header \"Origin\"",
})
