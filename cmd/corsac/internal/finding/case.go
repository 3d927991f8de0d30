package finding

import (
	"slices"
	"time"
)

// Case is one thing that a command looked at: a request, an invariant, a file.
type Case struct {
	// Group is what it belongs to, such as the URL, and Name what it is.
	Group string `json:"group"`
	Name  string `json:"name"`
	// Rule is the stable name of what was checked; "" where there is no rule.
	Rule string `json:"rule,omitempty"`
	// Skipped says why nothing is known about it; "" if something is.
	Skipped string `json:"skipped,omitempty"`
	// Findings are what is wrong. A case without an error has passed.
	Findings []Finding `json:"findings,omitempty"`
	// Duration is how long it took.
	Duration time.Duration `json:"-"`
}

// Failed reports whether there is an error.
func (c *Case) Failed() bool {
	return slices.ContainsFunc(c.Findings, func(f Finding) bool { return Level(f.Severity) == Error })
}
