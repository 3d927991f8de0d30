package report

import (
	"regexp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Explanation writes what a message means: the answer, its causes, and the
// command that decides between them. Other messages of the input follow in a
// line each.
func (t *Text) Explanation(x *explain.Explanation) {
	style := t.Bad
	switch {
	case x.Slug == explain.Allowed:
		style = t.Good
	case !x.IsKnown():
		style = t.Notice
	}
	t.Paragraph(style(x.Slug)+": ", t.Strong(verdict.Printable(x.Title)))
	if x.Means != "" {
		t.Paragraph("  ", verdict.Printable(x.Means))
	}
	for _, note := range x.Notes {
		t.Paragraph(t.Notice("  note: "), verdict.Printable(note))
	}
	rest := x.Findings
	if len(rest) > 0 && rest[0].Cause == x.Slug {
		first := rest[0]
		first.Why = "" // it is above
		t.reason(&first)
		t.fix(&first.Fix)
		rest = rest[1:]
	}
	for i := range rest {
		t.finding(t.certainty(&rest[i]), &rest[i])
	}
	t.decide(x)
	if len(x.Messages) > 0 {
		t.Line("")
		t.Line("There is more in it:")
		for _, other := range x.Messages {
			t.Paragraph("  "+t.Faint("- "), other.Slug+": "+verdict.Printable(other.Title))
		}
	}
}

// placeholder are the words that stand for what a message does not say.
var placeholder = regexp.MustCompile(`\b(?:URL|ORIGIN|NAME|VALUE|TOKEN)\b`)

// decide writes what distinguishes the causes, and the command that does.
func (t *Text) decide(x *explain.Explanation) {
	if x.Apart != "" && len(x.Findings) > 1 {
		t.Line("")
		t.Paragraph("which one: ", verdict.Printable(x.Apart))
	}
	if x.Check != "" {
		t.Line("")
		intro := "To see what a browser does with the request, and why:"
		if placeholder.MatchString(x.Check) {
			intro = "To see what a browser does with the request, and why, put in what the message does not say, in capitals here:"
		}
		t.Paragraph("", intro)
		t.Line("  " + t.Strong(verdict.Printable(x.Check)))
	}
}

// Entry writes what the reference says about a cause.
func (t *Text) Entry(e *explain.Entry) {
	t.Paragraph(t.Strong(e.Slug)+": ", e.Title)
	for _, part := range []struct{ label, text string }{
		{"  when:    ", e.When},
		{"  why:     ", e.Why},
		{"  fix:     ", e.Fix},
		{"  apart:   ", e.Apart},
		{"  message: ", e.Message},
	} {
		if part.text != "" {
			t.Paragraph(t.Faint(part.label), part.text)
		}
	}
}

// Entries writes the slugs of the reference, with their titles.
func (t *Text) Entries(list []explain.Entry) {
	for i := range list {
		t.Paragraph(t.Strong(list[i].Slug)+"  ", list[i].Title)
	}
}
