package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"
)

// Writer writes prose for people.
type Writer struct {
	Palette

	Out io.Writer
	// Width bounds the length of lines; 0 means unbounded.
	Width int

	err error
}

// NewWriter returns a writer for a stream.
func NewWriter(w io.Writer, getenv func(string) string) *Writer {
	return &Writer{Palette: NewPalette(w, getenv), Out: w, Width: Columns(w, getenv)}
}

// Line writes s in one line, however long it is.
func (w *Writer) Line(s string) {
	if _, err := fmt.Fprintln(w.Out, s); w.err == nil {
		w.err = err
	}
}

// Return returns a carriage return for the end of a line of a file, which a door
// lets pass.
func (w *Writer) Return() string {
	if _, ok := w.Out.(*Door); ok {
		return string(seal) + string(carriage)
	}
	return "\r"
}

// Err returns the first error of Out, or nil.
func (w *Writer) Err() error { return w.err }

// Paragraph writes text after a label, in lines of at most Width. Later lines
// are indented to where the text began.
func (w *Writer) Paragraph(label, text string) {
	if w.Width <= 0 {
		w.Line(label + text)
		return
	}
	indent := Width(label)
	if indent+Width(text) <= w.Width || w.Width < indent+20 {
		w.Line(label + text)
		return
	}
	line, room := label, w.Width-indent
	used := 0
	for word := range strings.SplitSeq(text, " ") {
		n := Width(word)
		if used > 0 && used+1+n > room {
			w.Line(strings.TrimRight(line, " "))
			line, used = strings.Repeat(" ", indent), 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += n
	}
	w.Line(line)
}

// Width returns the number of columns that s takes on a terminal. Styling takes
// none.
func Width(s string) int {
	width := 0
	for {
		text, rest, styled := strings.Cut(s, string(seal))
		width += uniseg.StringWidth(text)
		if !styled || rest == "" {
			return width
		}
		s = rest[1:]
	}
}
