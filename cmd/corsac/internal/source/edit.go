package source

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// Edit puts text in the place of a span. An empty span is a place to insert at.
type Edit struct {
	Span

	New string
}

// Insert returns an edit that inserts text at an offset.
func Insert(offset int, text string) Edit { return Edit{Span{offset, offset}, text} }

// ErrOverlap is the error of edits of which one changes what another does.
var ErrOverlap = errors.New("two changes are about the same place")

// Apply returns the text with the edits. Those that insert at the same offset
// are applied in their order. The error is [ErrOverlap], or about a span outside
// of the text.
func Apply(text string, edits []Edit) (string, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var b strings.Builder
	at := 0
	for _, e := range sorted {
		switch {
		case e.Start < at:
			return "", ErrOverlap
		case e.End < e.Start || e.End > len(text):
			return "", errors.New("a change is outside of the file")
		}
		b.WriteString(text[at:e.Start])
		b.WriteString(e.New)
		at = e.End
	}
	b.WriteString(text[at:])
	return b.String(), nil
}
