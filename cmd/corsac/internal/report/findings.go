package report

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Findings writes what is wrong, each with why and what to do. A finding in a file
// has its line, with a caret below the place.
func (t *Text) Findings(list []finding.Finding) {
	for i := range list {
		t.finding(&list[i])
	}
}

func (t *Text) finding(f *finding.Finding) {
	if p := f.Place; p != nil && p.File != "" {
		t.Line(t.Strong(verdict.Printable(finding.Position(p))+":") + " " + verdict.Printable(f.Title))
		if line, caret := finding.Caret(p); line != "" {
			t.Line("  " + t.Faint("|") + " " + verdict.Printable(line))
			t.Line("  " + t.Faint("|") + " " + t.Bad(caret))
		}
		return
	}
	t.Line("")
	t.Paragraph(t.severity(f.Severity)+": ", t.Strong(verdict.Printable(f.Title)))
	t.Paragraph("  ", verdict.Printable(f.Why))
	for _, line := range f.Evidence {
		t.Paragraph("  "+t.Faint("- "), verdict.Printable(line))
	}
	for line := range strings.Lines(f.Fix.Text) {
		t.Paragraph("  "+t.Good("→ "), verdict.Printable(strings.TrimRight(line, "\n")))
	}
}

func (t *Text) severity(s finding.Severity) string {
	switch s {
	case finding.Error:
		return t.Bad("cause")
	case finding.Warning:
		return t.Notice("warning")
	}
	return t.Notice("note")
}
