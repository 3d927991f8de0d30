package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "dns-failure",
		Title: "{host} could not be resolved",
		When:  "The host name was not resolved.",
		Why:   notCORS + "The names of containers and internal networks resolve only there, not in the browser.",
		Fix:   "Correct the host name, or use one that the browser's machine can resolve.",
	}, fetch.CodeNameNotResolved)
})
