// Package source has the files of a user's project as text with positions, and
// changes to them that leave every other byte as it is.
//
//   - A [File] is read once and never changed; an [Edit] says what to put in the
//     place of a [Span], and [Apply] returns the new text.
//   - A [Tree] reads files through an [io/fs.FS], as they are asked for, with
//     bounds on their size and number; what it skips it says.
package source

import (
	"cmp"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// File is a text file of a project.
type File struct {
	// Name is its path below the root of its tree, with slashes.
	Name string
	// Text is its content, with the line ends that it has.
	Text string

	positions positions
}

// Span is a part of a file, in bytes from its beginning: from Start up to, not
// including, End.
type Span struct{ Start, End int }

// In returns the text of a span.
func (s Span) In(f *File) string { return f.Text[s.Start:s.End] }

// Place returns where an offset is: lines and columns begin at 1, and columns are
// characters.
func (f *File) Place(offset int) *finding.Place {
	offset = min(max(offset, 0), len(f.Text))
	p := f.read()
	line := p.line(offset)
	return &finding.Place{File: f.Name, Line: line + 1, Column: p.characters(f.Text, offset) - p.characters(f.Text, p.lines[line]) + 1}
}

// Line returns the offset of the beginning of a line; lines begin at 1. For one that
// the file does not have, it is the end of the file.
func (f *File) Line(n int) int {
	if p := f.read(); n <= len(p.lines) {
		return p.lines[max(n, 1)-1]
	}
	return len(f.Text)
}

// NewLine returns the end of line that the file uses: that of its first line.
func (f *File) NewLine() string {
	if i := strings.IndexByte(f.Text, '\n'); i > 0 && f.Text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// LineStart returns the offset of the beginning of the line of an offset.
func (f *File) LineStart(offset int) int {
	p := f.read()
	return p.lines[p.line(offset)]
}

// LineEnd returns the offset after the end of the line of an offset: that of the
// next line, or of the end of the file.
func (f *File) LineEnd(offset int) int { return f.Line(f.read().line(offset) + 2) }

// Indent returns the white space at the beginning of the line of an offset.
func (f *File) Indent(offset int) string {
	line := f.Text[f.LineStart(offset):]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// IndentUnit returns what the file indents by: a tab, or the smallest number of
// spaces that a line has more than the one before; fallback if no line is
// indented. Only the first call takes time.
func (f *File) IndentUnit(fallback string) string {
	p := &f.positions
	p.indented.Do(func() { p.unit = indentUnit(f.Text) })
	return cmp.Or(p.unit, fallback)
}

// indentUnit returns what a text indents by; "" if no line is indented.
func indentUnit(text string) string {
	best, last := 0, 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(line, " \t")
		if strings.TrimSpace(trimmed) == "" {
			continue
		}
		indent := line[:len(line)-len(trimmed)]
		if strings.HasPrefix(indent, "\t") {
			return "\t"
		}
		if more := len(indent) - last; more > 1 && (best == 0 || more < best) {
			best = more
		}
		last = len(indent)
	}
	return strings.Repeat(" ", best)
}
