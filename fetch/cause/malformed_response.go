package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "malformed-response",
		Title: "The response from {host} is not HTTP that browsers accept",
		When:  "The response headers were not HTTP, too long, cut off, or had two lengths.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Check that the port is the web server's. If it is, its log or a proxy's says what breaks the response.",
	}, fetch.CodeInvalidResponse, fetch.CodeHeadersTooBig, "net::ERR_RESPONSE_HEADERS_TRUNCATED", "net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH")
})
