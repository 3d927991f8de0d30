package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
)

// Tally counts verdicts by result.
type Tally struct {
	// Total is the number of requests, and Without the number of those that
	// have no verdict.
	Total, Without int

	// AbsentPass lets responses pass that do not have a header that script was to
	// read: those of many requests, which are not all meant.
	AbsentPass bool

	results              map[fetch.Result]int
	failed               int // verdicts that a check fails for
	expected, unexpected int // verdicts with an expectation, and those that are not as expected
}

// Count counts a verdict, or a request without one if there is none in d. For a
// verdict on several browsers, the first that blocks the request counts.
func (t *Tally) Count(d *diagnose.Verdict) {
	t.Total++
	v := d.Verdict
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
	if d.AsExpected != nil {
		t.expected++
		if !*d.AsExpected {
			t.unexpected++
		}
	}
	if d.Fails(!t.AbsentPass) {
		t.failed++
	}
}

// Failed reports whether the check of a request failed; see [diagnose.Verdict.Fails].
func (t *Tally) Failed() bool { return t.failed > 0 }

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
	switch {
	case t.unexpected > 0:
		words = append(words, style.Bad(fmt.Sprintf("%d not as expected", t.unexpected)))
	case t.expected > 0:
		words = append(words, style.Good("as expected"))
	}
	if len(words) > 0 {
		what += ": " + strings.Join(words, ", ")
	}
	fmt.Fprintln(w, what)
}
