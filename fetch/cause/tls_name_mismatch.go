package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "tls-name-mismatch",
		Title: "The certificate is not for {host}",
		When:  "The certificate does not list the host's name, or the server has no site with that name.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Call the server by a name that its certificate lists, or get a certificate for {host}.",
	}, fetch.CodeCertName, "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT")
})
