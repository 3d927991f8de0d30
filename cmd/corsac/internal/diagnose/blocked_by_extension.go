package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

var _ = textCause(&Text{
	Slug: "blocked-by-extension", Side: cause.Page,
	Title:   "An extension of the browser blocked the request",
	Why:     "An ad blocker or privacy extension kept the request from being sent. The server has not seen it, so this is not CORS.",
	Fix:     "Try again in a window without extensions. Paths and hosts with words like ads, track or analytics are on many lists: rename them.",
	Message: "GET https://api.example.com/ads/list net::ERR_BLOCKED_BY_CLIENT",
})
