package cause

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "tls-handshake-failure",
		Title: "The browser and {host} cannot agree on a TLS version or cipher",
		When:  "The server supports only old TLS versions or ciphers, or requires a client certificate.",
		Why:   notCORS + "The error is: {detail}.",
		Fix:   "Enable TLS 1.2 or 1.3 in the server. If it requires a client certificate, install one in the browser, and exempt OPTIONS: preflights never have one.",
	}, "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "net::ERR_BAD_SSL_CLIENT_AUTH_CERT")
})
