package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "connection-refused",
		Title: "Nothing listens at {server}",
		When:  "The connection was refused.",
		Why:   notCORS + "The machine is up, but no program accepts connections at that address and port.",
		Fix:   "Start the server, or correct the port. A server that listens only on 127.0.0.1 or only on ::1 does not respond on the other.",
	}, fetch.CodeConnectionRefused)
})
