package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Findings writes findings, each with its severity, its reason and what to do. For
// a finding in a file, it shows the line and a caret under the place.
func (t *Text) Findings(list []finding.Finding) {
	for i := range list {
		t.finding(t.severity(&list[i]), &list[i])
	}
}

// causes writes findings of a verdict. If that is an error, the errors among them
// are its causes.
func (t *Text) causes(list []finding.Finding, failed bool) {
	for i := range list {
		label := t.certainty(&list[i])
		if i > 0 && failed && list[i].Severity == finding.Error {
			label = t.Notice("also")
		}
		t.finding(label, &list[i])
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

func (t *Text) finding(label string, f *finding.Finding) {
	if p := f.Place; p != nil && p.File != "" {
		t.inFile(f)
	} else {
		t.Line("")
		t.Paragraph(label+": ", t.Strong(verdict.Printable(f.Title)))
		t.reason(f)
		t.fix(&f.Fix)
	}
}

// fix writes what to do: the steps, with numbers if there are several, and remarks.
// Lines to paste begin at the margin and are not wrapped, so that they can be
// copied.
func (t *Text) fix(f *finding.Fix) {
	parts := finding.Parts(f.Text)
	step := t.numbered(parts, f.Check != "")
	for _, part := range parts {
		if remark, ok := strings.CutPrefix(part.Text, finding.Remark); ok && !part.Code {
			t.Paragraph("  "+t.Notice("note: "), verdict.Printable(remark))
			continue
		}
		if !part.Code {
			t.Paragraph(step(), verdict.Printable(part.Text))
			continue
		}
		t.Line("")
		for line := range strings.SplitSeq(part.Text, "\n") {
			t.Line(code(line))
		}
		t.Line("")
	}
	if f.Check != "" {
		t.Paragraph(step(), "To see whether it works"+realValue(f.Check)+":")
		t.Line("")
		t.Line(verdict.Printable(f.Check))
	}
}

// realValue says to write a secret into a command that has a placeholder.
func realValue(command string) string {
	if strings.Contains(command, check.Placeholder) {
		return ", with the real value in place of " + check.Placeholder
	}
	return ""
}

// numbered returns a function that returns the mark before each step: a number, or
// an arrow for the only one. more says that there is one beyond those in parts.
func (t *Text) numbered(parts []finding.Part, more bool) func() string {
	n, next := 0, 0
	if more {
		n++
	}
	for _, part := range parts {
		if !part.Code && !strings.HasPrefix(part.Text, finding.Remark) {
			n++
		}
	}
	return func() string {
		if next++; n > 1 {
			return "  " + t.Good(strconv.Itoa(next)+". ")
		}
		return "  " + t.Good("→ ")
	}
}

// code is a line to paste, with its tabs and without other control characters.
func code(line string) string {
	parts := strings.Split(line, "\t")
	for i := range parts {
		parts[i] = verdict.Printable(parts[i])
	}
	return strings.Join(parts, "\t")
}

// reason writes why a finding is one, and the evidence. In a file, the title
// often says why.
func (t *Text) reason(f *finding.Finding) {
	if f.Why != "" && !strings.HasSuffix(f.Title, f.Why) {
		t.Paragraph("  ", verdict.Printable(f.Why))
	}
	for _, line := range f.Evidence {
		t.Paragraph("  "+t.Faint("- "), verdict.Printable(line))
	}
}

// inFile writes a finding in a file: a line that editors and other tools can read;
// for a mistake or a weakness, the line of the file; and the reason.
func (t *Text) inFile(f *finding.Finding) {
	position := finding.Position(f.Place)
	text := verdict.Printable(strings.TrimPrefix(finding.Line(f), position))
	if f.Severity == finding.Error {
		t.Line(t.Strong(verdict.Printable(position)+":") + strings.TrimPrefix(text, ":"))
	} else {
		t.Line(t.severity(f) + ": " + verdict.Printable(position) + text)
	}
	if p := f.Place; f.Severity != finding.Note && p.Excerpt != "" && p.Caret > 0 {
		t.Line("  " + t.Faint("|") + " " + verdict.Printable(p.Excerpt))
		t.Line("  " + t.Faint("|") + " " + strings.Repeat(" ", p.Caret-1) + t.Bad("^"))
	}
	t.reason(f)
}

// severity says how bad a finding is.
func (t *Text) severity(f *finding.Finding) string {
	if f.Severity == finding.Error {
		return t.Bad(string(f.Severity))
	}
	return t.Notice(string(f.Severity))
}

// certainty says of an error how certain it is that it caused the verdict, and of
// other findings how bad they are.
func (t *Text) certainty(f *finding.Finding) string {
	switch {
	case f.Severity != finding.Error:
		return t.severity(f)
	case f.Confidence == verdict.ConfidenceLikely, f.Confidence == verdict.ConfidencePossible:
		return t.Bad(string(f.Confidence) + " cause")
	}
	return t.Bad("cause")
}
