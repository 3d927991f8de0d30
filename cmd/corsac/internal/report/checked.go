package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Checked returns the cases of a masked result of corsac check: one per browser,
// or one that was skipped if there is no verdict.
func Checked(it *Item) (cases []finding.Case) {
	suffix := ""
	if where := it.where(); where != "" {
		suffix = ", " + strings.ToLower(where[:1]) + where[1:]
	}
	if it.Verdict.Verdict == nil {
		return []finding.Case{{Group: it.URL, Name: it.request() + suffix, Skipped: it.Failure}}
	}
	for _, v := range append([]*verdict.Verdict{it.Verdict.Verdict}, it.Others()...) {
		r := &v.Request
		c := finding.Case{Group: r.URL, Name: r.Method + " from " + r.Origin + " in " + verdict.BrowserName(v.Profile) + suffix, Findings: v.Findings}
		for i := range v.Wire {
			c.Duration += time.Duration(v.Wire[i].Milliseconds * float64(time.Millisecond))
		}
		switch {
		case it.AsExpected != nil:
			c.Findings = expected(it, v)
		case v.Error != nil && !c.Failed():
			c.Findings = append([]finding.Finding{unexplained(v)}, c.Findings...)
		}
		if names := check.Unreadable(&verdict.Verdict{Response: v.Response, Wire: v.Wire, ReadHeaders: v.ReadHeaders}, it.Entry == 0); len(names) > 0 {
			c.Findings = append([]finding.Finding{unreadable(names)}, c.Findings...)
		}
		cases = append(cases, c)
	}
	return cases
}

// expected returns the findings of a verdict that is compared with an expectation:
// none if it is as expected, and otherwise one that says so, before the others.
func expected(it *Item, v *verdict.Verdict) []finding.Finding {
	alone := *v
	alone.Profiles = nil
	if it.Expect.Met(&alone) {
		return nil
	}
	list := slices.Clone(v.Findings)
	for i := range list {
		list[i].Severity = finding.Note
	}
	f := finding.Finding{
		Cause: "not-as-expected", Severity: finding.Error, Confidence: finding.Certain, Evidence: []string{}, Place: it.place(),
		Title: fmt.Sprintf("The verdict is %s, and expected is %s", it.Expect.Got(&alone), it.Expect), Why: "The script gets the response.",
	}
	if v.Error != nil {
		f.Why = v.Why()
	}
	return append([]finding.Finding{f}, list...)
}

// unreadable is the finding that script cannot read headers that it was to read.
func unreadable(names []string) finding.Finding {
	return finding.Finding{
		Cause: "header-not-readable", Severity: finding.Error, Confidence: finding.Certain, Evidence: []string{},
		Title: "Script cannot read the response header " + strings.Join(names, ", "),
		Why:   "The response does not have it, or does not expose it with Access-Control-Expose-Headers.",
	}
}

// unexplained is the finding for a verdict whose cause is not known.
func unexplained(v *verdict.Verdict) finding.Finding {
	f := finding.Finding{
		Cause: "blocked", Severity: finding.Error, Confidence: finding.Certain, Evidence: []string{},
		Title: "The browser blocks the request", Why: v.Why(),
	}
	switch {
	case v.Error.Code == "net::ERR_FAILED": // which Chromium gives to what CORS refuses, too
		f.Cause, f.Title, f.Evidence = "network-error", "The request failed, perhaps because of CORS", append([]string{}, v.Notes...)
	case v.Result == fetch.Failed:
		f.Cause, f.Title = "network-error", "The network fails"
	}
	return f
}

// Explained returns the cases of an explanation: one per message. file is the file
// that the input is from, or "". Of the causes of a message, all but the first are
// notes: at most one of them is right.
func Explained(x *explain.Explanation, file string) (cases []finding.Case) {
	for i, m := range append([]*explain.Explanation{x}, x.Messages...) {
		c := finding.Case{Group: cmp.Or(file, "the input"), Name: fmt.Sprintf("message %d: %s", i+1, m.Title), Rule: m.Slug}
		switch {
		case m.Slug == explain.Allowed:
		case !m.IsKnown():
			c.Skipped = m.Title + ". " + m.Means
		case len(m.Findings) == 0:
			c.Findings = []finding.Finding{{Cause: m.Slug, Severity: finding.Error, Confidence: finding.Certain, Title: m.Title, Why: m.Means, Evidence: []string{}}}
		}
		for j := range m.Findings {
			f := m.Findings[j]
			if j > 0 {
				f.Severity = finding.Note
			}
			c.Findings = append(c.Findings, f)
		}
		for j := range c.Findings {
			f := &c.Findings[j]
			if file != "" && f.Place == nil {
				f.Place = &finding.Place{File: file}
			}
			if f.Fix.Text != "" && f.Fix.Check == "" {
				f.Fix.Check = m.Check
			}
		}
		cases = append(cases, c)
	}
	return cases
}
