package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "tls-untrusted-certificate",
		Title: "Browsers do not trust the certificate of {host}",
		When:  "The certificate is self-signed or from an authority that is not trusted, or its chain is incomplete.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Use a certificate from a public authority and send the intermediate certificates, too. For development, install the authority that signed it (mkcert does this).",
	}, fetch.CodeCertAuthority, fetch.CodeCertInvalid)
})
