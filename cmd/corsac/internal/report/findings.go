package report

import (
	"slices"
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

// unseen returns the findings of v without the evidence that its conversation
// shows.
func unseen(v *verdict.Verdict) []finding.Finding {
	shown := map[string]bool{}
	for _, l := range v.Conversation() {
		shown[l.Text] = true
	}
	list := slices.Clone(v.Findings)
	for i := range list {
		list[i].Evidence = slices.DeleteFunc(slices.Clone(list[i].Evidence), func(line string) bool {
			what, _, _ := strings.Cut(line, ": ") // a request, with how it was answered
			return shown[line] || shown[what]
		})
	}
	return list
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
	t.Paragraph(t.label(f)+": ", t.Strong(verdict.Printable(f.Title)))
	t.Paragraph("  ", verdict.Printable(f.Why))
	for _, line := range f.Evidence {
		t.Paragraph("  "+t.Faint("- "), verdict.Printable(line))
	}
	for line := range strings.Lines(f.Fix.Text) {
		t.Paragraph("  "+t.Good("→ "), verdict.Printable(strings.TrimRight(line, "\n")))
	}
}

// label says how bad a finding is and, of a cause, how sure.
func (t *Text) label(f *finding.Finding) string {
	switch {
	case f.Severity == finding.Warning:
		return t.Notice("warning")
	case f.Severity == finding.Note:
		return t.Notice("note")
	case f.Confidence == verdict.ConfidenceLikely, f.Confidence == verdict.ConfidencePossible:
		return t.Bad(string(f.Confidence) + " cause")
	}
	return t.Bad("cause")
}
