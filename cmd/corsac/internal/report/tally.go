package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Tally counts verdicts by result.
type Tally struct {
	// Total is the number of requests, and Without the number of those that
	// have no verdict.
	Total, Without int

	results map[fetch.Result]int
	errors  int // verdicts with a finding that is an error
}

// Count counts a verdict, or a request without one if v is nil. For a verdict
// on several browsers, the first that blocks the request counts.
func (t *Tally) Count(v *verdict.Verdict) {
	t.Total++
	if v == nil {
		t.Without++
		return
	}
	if failed := v.Failed(); failed != nil {
		v = failed
	}
	if t.results == nil {
		t.results = map[fetch.Result]int{}
	}
	t.results[v.Result]++
	if slices.ContainsFunc(v.Findings, func(f finding.Finding) bool { return f.Severity == finding.Error }) {
		t.errors++
	}
}

// Failed reports whether a request was blocked, the network failed, or a finding
// is an error.
func (t *Tally) Failed() bool {
	return t.results[fetch.Blocked]+t.results[fetch.Failed]+t.errors > 0
}

// Count returns a number with the word for it.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Print writes the counts. without says what requests without a verdict are
// called.
func (t *Tally) Print(w io.Writer, style terminal.Palette, what, without string) {
	var words []string
	for _, c := range []struct {
		n         int
		one, many string
		style     func(string) string
	}{
		{t.results[fetch.Allowed], "allowed", "allowed", style.Good},
		{t.results[fetch.Opaque], "opaque", "opaque", style.Notice},
		{t.results[fetch.Blocked], "blocked", "blocked", style.Bad},
		{t.results[fetch.Failed], "network error", "network errors", style.Bad},
		{t.Without, without, without, style.Bad},
	} {
		if c.n > 0 {
			words = append(words, c.style(Count(c.n, c.one, c.many)))
		}
	}
	if len(words) > 0 {
		what += ": " + strings.Join(words, ", ")
	}
	fmt.Fprintln(w, what)
}
