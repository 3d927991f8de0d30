package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "preflight-cached-in-browser", Side: cause.Page,
	Title: "The browser still remembers an earlier preflight response",
	Why:   "Browsers remember what a preflight allowed for as long as Access-Control-Max-Age says.",
	Fix:   "Reload with the browser's cache disabled, or wait; browsers remember at most 2 hours (Chrome), 24 hours (Firefox) or 10 minutes (Safari).",
})
