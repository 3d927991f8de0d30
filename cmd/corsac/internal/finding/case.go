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
	// Subject is what it is about in a word, such as the method; "" if Name is as
	// short.
	Subject string `json:"subject,omitempty"`
	// Because is the rule of another case that this one fails because of; "" if it
	// stands for itself. Its findings are then notes.
	Because string `json:"because,omitempty"`
	// Known says that the user knows that it fails. Its findings are then notes.
	Known bool `json:"known,omitempty"`
	// Findings are what is wrong. A case without an error has passed.
	Findings []Finding `json:"findings,omitempty"`
	// Duration is how long it took.
	Duration time.Duration `json:"-"`
}

// Failed reports whether there is an error.
func (c *Case) Failed() bool { return slices.ContainsFunc(c.Findings, isError) }

// First returns the first error or, if there is none, the first finding; nil if
// there is nothing.
func (c *Case) First() *Finding {
	switch i := slices.IndexFunc(c.Findings, isError); {
	case i >= 0:
		return &c.Findings[i]
	case len(c.Findings) > 0:
		return &c.Findings[0]
	}
	return nil
}

func isError(f Finding) bool { return f.Severity == Error }
