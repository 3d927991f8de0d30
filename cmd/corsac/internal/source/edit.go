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
	slices.SortStableFunc(sorted, inOrder)
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

// inOrder compares the places of edits.
func inOrder(a, b Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) }

// Edits collects edits of a file that do not overlap.
type Edits struct {
	// File is the file.
	File *File
	// List are the edits, each once, in the order in which they were added.
	List []Edit

	sorted []Edit
	known  map[Edit]bool
}

// Add adds edits that belong together, except those that are there, and returns true.
// If one of them overlaps another or is outside of the file, it adds none.
func (e *Edits) Add(edits ...Edit) bool {
	if e.known == nil {
		e.known = map[Edit]bool{}
	}
	before := len(e.List)
	for _, x := range edits {
		if e.known[x] {
			continue
		}
		i, _ := slices.BinarySearchFunc(e.sorted, x, inOrder)
		if x.End < x.Start || x.End > len(e.File.Text) || i > 0 && e.sorted[i-1].End > x.Start || i < len(e.sorted) && e.sorted[i].Start < x.End {
			e.remove(before)
			return false
		}
		e.known[x] = true
		e.sorted, e.List = slices.Insert(e.sorted, i, x), append(e.List, x)
	}
	return true
}

// remove removes all edits but the first n.
func (e *Edits) remove(n int) {
	for _, x := range e.List[n:] {
		delete(e.known, x)
		i := slices.Index(e.sorted, x)
		e.sorted = slices.Delete(e.sorted, i, i+1)
	}
	e.List = e.List[:n]
}
