package cause

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug: "https-to-http-port", Confidence: likely,
		Title: "An https: URL goes to a port without TLS",
		When:  "The server does not speak TLS.",
		Why:   notCORS + "What came back is not TLS; most often the port serves plain http.",
		Fix:   "Use http:, or the port that serves TLS.",
	}, "net::ERR_SSL_PROTOCOL_ERROR")
})
