package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "server-timeout",
		Title: "{host} did not respond in time",
		When:  "There was no connection or no response in time.",
		Why:   notCORS + "A firewall drops the packets, or the server is busy or waiting for something itself.",
		Fix:   "Look at the server's log to see whether the request arrives. If it does not, check the firewall and the address.",
	}, fetch.CodeTimedOut, "net::ERR_CONNECTION_TIMED_OUT")
})
