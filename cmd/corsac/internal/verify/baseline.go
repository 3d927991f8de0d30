package verify

import (
	"encoding/json"
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// Report is the result in JSON. An earlier one serves as a baseline.
type Report struct {
	// Policy is the name of the policy; "" if it was derived.
	Policy string `json:"policy"`
	// Cases are what was checked, Violations how many of them break the policy,
	// Caused how many fail only because of one of those, Known how many are in the
	// baseline, and Noted how many have warnings or notes only.
	Cases      []finding.Case `json:"cases"`
	Violations int            `json:"violations"`
	Caused     int            `json:"caused"`
	Known      int            `json:"known"`
	Noted      int            `json:"noted"`
	Skipped    int            `json:"skipped"`
	// Untested says in a sentence each what could not be looked at.
	Untested []string `json:"untested,omitempty"`
}

// Baseline are violations that are known.
type Baseline map[string]bool

func key(c *finding.Case) string { return c.Group + "\x00" + c.Rule + "\x00" + c.Name }

// ParseBaseline reads an earlier report.
func ParseBaseline(data []byte) (Baseline, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("it is not what corsac verify --json prints: %w", err)
	}
	known := Baseline{}
	for i := range r.Cases {
		if c := &r.Cases[i]; c.Failed() || c.Known || c.Because != "" {
			known[key(c)] = true
		}
	}
	return known, nil
}

// Summarize counts the cases. A violation in the baseline becomes a note
// without a fix.
func Summarize(policy string, cases []finding.Case, known Baseline) *Report {
	r := &Report{Policy: policy, Cases: cases}
	for i := range cases {
		c := &cases[i]
		switch {
		case c.Skipped != "":
			r.Skipped++
		case c.Known, (c.Failed() || c.Because != "") && known[key(c)]:
			r.Known++
			c.Known, c.Because = true, ""
			for j := range c.Findings {
				c.Findings[j].Severity, c.Findings[j].Fix = finding.Note, finding.Fix{}
			}
		case c.Because != "":
			r.Caused++
		case c.Failed():
			r.Violations++
		case len(c.Findings) > 0:
			r.Noted++
		}
	}
	return r
}

// Changes returns the cases of now that were different before, or new.
func Changes(before, now *Report) (changed []finding.Case) {
	was := map[string]string{}
	for i := range before.Cases {
		was[key(&before.Cases[i])] = state(&before.Cases[i])
	}
	for i := range now.Cases {
		if c := &now.Cases[i]; was[key(c)] != state(c) {
			changed = append(changed, *c)
		}
	}
	return changed
}

func state(c *finding.Case) string {
	switch {
	case c.Skipped != "":
		return "skipped"
	case c.Known, c.Failed(), c.Because != "":
		return "broken"
	}
	return "ok"
}
