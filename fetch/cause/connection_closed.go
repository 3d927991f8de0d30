package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "connection-closed",
		Title: "{host} closed the connection without a response",
		When:  "The connection was closed or reset before the response headers were complete.",
		Why:   notCORS + "The server crashed while it handled the request, or a proxy or firewall cut the connection.",
		Fix:   "Read the logs of the server and of the proxy in front of it.",
	}, fetch.CodeEmptyResponse, fetch.CodeConnectionReset, fetch.CodeConnectionClosed)
})
