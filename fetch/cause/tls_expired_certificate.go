package cause

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "tls-expired-certificate",
		Title: "The certificate of {host} has expired, or is not valid yet",
		When:  "The current date is outside the certificate's validity period.",
		Why:   notCORS + "The browser closes the connection before it sends the request.",
		Fix:   "Renew the certificate and reload the server. If its dates are right, correct the clock of this machine.",
	}, "net::ERR_CERT_DATE_INVALID")
})
