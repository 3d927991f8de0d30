package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "http2-stream-error",
		Title: "HTTP/2 protocol error from {host}",
		When:  "The request's stream ended with an HTTP/2 error.",
		Why:   notCORS + "The server or a proxy ended the response with an error, often because the application behind it failed.",
		Fix:   "Read the logs of the proxy and the application. Try HTTP/1.1, which shows whether HTTP/2 matters.",
	}, "net::ERR_HTTP2_PROTOCOL_ERROR", fetch.CodeALPN)
})
