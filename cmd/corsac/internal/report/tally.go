package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Tally counts verdicts by their result.
type Tally struct {
	// Total is all of them, Without those that have no verdict.
	Total, Without int

	results map[fetch.Result]int
}

// Count counts a verdict, or that there is none. Of several browsers, the first
// that blocks counts.
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
}

// Failed reports whether a request was blocked, or the network failed.
func (t *Tally) Failed() bool { return t.results[fetch.Blocked]+t.results[fetch.Failed] > 0 }

// Print says what became of requests; without names those that have no verdict.
func (t *Tally) Print(w io.Writer, style terminal.Palette, what, without string) {
	var words []string
	for _, c := range []struct {
		n     int
		word  string
		style func(string) string
	}{
		{t.results[fetch.Allowed], "allowed", style.Good},
		{t.results[fetch.Opaque], "opaque", style.Notice},
		{t.results[fetch.Blocked], "blocked", style.Bad},
		{t.results[fetch.Failed], "network errors", style.Bad},
		{t.Without, without, style.Bad},
	} {
		if c.n > 0 {
			words = append(words, c.style(fmt.Sprintf("%d %s", c.n, c.word)))
		}
	}
	if len(words) > 0 {
		what += ": " + strings.Join(words, ", ")
	}
	fmt.Fprintln(w, what)
}
