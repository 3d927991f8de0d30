package cause

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug: "proxy-failure", Confidence: likely,
		Title: "The proxy could not connect to {host}",
		When:  "The machine's proxy could not be reached, or refused to connect.",
		Why:   notCORS + "The request goes through a proxy, and fails there.",
		Fix:   "Check the proxy settings, and whether the proxy allows this host and port.",
	}, "net::ERR_PROXY_CONNECTION_FAILED", "net::ERR_TUNNEL_CONNECTION_FAILED")
})
