package report

import "strings"

// Diff writes a diff in the unified form: lines that go in red, those that come in
// green. The carriage return at the end of a line is not shown.
func (t *Text) Diff(unified string) {
	for line := range strings.Lines(unified) {
		line = code(strings.TrimRight(line, "\r\n"))
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			line = t.Strong(line)
		case strings.HasPrefix(line, "@@"):
			line = t.Faint(line)
		case strings.HasPrefix(line, "-"):
			line = t.Bad(line)
		case strings.HasPrefix(line, "+"):
			line = t.Good(line)
		}
		t.Line(line)
	}
}

// Code writes lines that can be copied: they are not wrapped, and keep their tabs.
func (t *Text) Code(text string) {
	for line := range strings.Lines(text) {
		t.Line(code(strings.TrimRight(line, "\r\n")))
	}
}
