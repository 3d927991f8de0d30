package report

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Findings writes findings, each with its reason and what to do. For a finding
// in a file, it shows the line and a caret under the place.
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
			what, _, _ := strings.Cut(line, ": ") // a request, and how it was answered
			return shown[line] || shown[what]
		})
	}
	return list
}

func (t *Text) finding(f *finding.Finding) {
	if p := f.Place; p != nil && p.File != "" {
		t.inFile(f)
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

// inFile writes a finding in one line that editors and other tools can read
// and, for a mistake, the line of the file.
func (t *Text) inFile(f *finding.Finding) {
	position := finding.Position(f.Place)
	text := verdict.Printable(strings.TrimPrefix(finding.Line(f), position))
	if f.Severity == finding.Note {
		t.Line(t.Notice("note:") + " " + verdict.Printable(position) + text)
		return
	}
	t.Line(t.Strong(verdict.Printable(position)+":") + strings.TrimPrefix(text, ":"))
	if p := f.Place; p.Excerpt != "" && p.Caret > 0 {
		t.Line("  " + t.Faint("|") + " " + verdict.Printable(p.Excerpt))
		t.Line("  " + t.Faint("|") + " " + strings.Repeat(" ", p.Caret-1) + t.Bad("^"))
	}
}

// label says how bad a finding is and, for a cause, how certain.
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
