package report

import (
	"cmp"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// maxCauses is how many causes of a message are printed; JSON has all.
const maxCauses = 4

// Explanation writes what a message means, the command that shows the cause for
// certain, and the causes. Other messages of the input follow, each with its
// command.
func (t *Text) Explanation(x *explain.Explanation) {
	style, mark := t.Bad, "✗ "
	switch {
	case x.Slug == explain.Allowed:
		style, mark = t.Good, "✓ "
	case !x.IsKnown():
		style, mark = t.Notice, "○ "
	}
	t.Paragraph(style(mark), t.Strong(verdict.Printable(x.Title))+" "+t.Faint("("+x.Slug+")"))
	if x.Means != "" {
		t.Paragraph("  ", verdict.Printable(x.Means))
	}
	for _, note := range x.Notes {
		t.Paragraph(t.Notice("  note: "), verdict.Printable(note))
	}
	rest := x.Findings
	isCause := len(rest) > 0 && rest[0].Cause == x.Slug
	if isCause {
		first := rest[0]
		first.Why = "" // it is above
		t.reason(&first)
	}
	t.decide(x)
	if isCause {
		if x.Check != "" || len(x.Findings) > 1 {
			t.Line("")
		}
		t.fix(&rest[0].Fix)
		rest = rest[1:]
	}
	t.otherCauses(x, rest)
	t.otherMessages(x.Messages)
}

// otherCauses writes the causes that are not the message itself, those with the
// same title once.
func (t *Text) otherCauses(x *explain.Explanation, list []finding.Finding) {
	titles := map[string]bool{x.Title: true}
	left := maxCauses - (len(x.Findings) - len(list))
	for i := range list {
		f := &list[i]
		switch {
		case titles[f.Title]:
		case left == 0:
			t.Line("")
			t.Paragraph("", "There are less likely causes, too: corsac explain --json has them all.")
			return
		default:
			titles[f.Title] = true
			left--
			t.finding(t.certainty(f), f)
		}
	}
}

// otherMessages writes the other messages of the input, each with its request and
// its command.
func (t *Text) otherMessages(list []*explain.Explanation) {
	if len(list) == 0 {
		return
	}
	t.Line("")
	t.Line("There is more in it:")
	for _, x := range list {
		request := strings.TrimSpace(x.Extract.Method + " " + cmp.Or(x.Extract.RedirectedFrom, x.Extract.URL))
		if request != "" {
			request = ": " + request
		}
		t.Paragraph("  "+t.Faint("- "), verdict.Printable(x.Title+request)+" "+t.Faint("("+x.Slug+")"))
		if x.Check != "" {
			t.Line("    " + verdict.Printable(x.Check))
		}
	}
}

// placeholder are the words that stand for what a message does not say.
var placeholder = lazyregexp.New(`\b(?:URL|ORIGIN|METHOD|NAME|VALUE|TOKEN)\b`)

// decide writes the command that shows the cause, and what distinguishes several
// causes.
func (t *Text) decide(x *explain.Explanation) {
	if x.Check != "" {
		t.Line("")
		intro := "To see what a browser does with the request, and why:"
		if placeholder.MatchString(x.Check) {
			intro = "To see what a browser does with the request, and why, put in what the message does not say, in capitals here:"
		}
		if strings.Contains(x.Check, "NAME: VALUE") {
			intro = strings.TrimSuffix(intro, ":") + ", and leave out what the request does not have:"
		}
		t.Paragraph("", intro)
		t.Line("  " + t.Strong(verdict.Printable(x.Check)))
		if x.Kind == explain.KindText && x.Extract.Method == "" && len(x.Findings) > 0 && !strings.Contains(x.Check, " -X ") {
			t.Paragraph("  ", "If the request is not a GET, add its method, such as -X PUT.")
		}
	}
	if x.Apart != "" && len(x.Findings) > 1 {
		t.Line("")
		t.Paragraph("which one: ", verdict.Printable(x.Apart))
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

// Entries writes the slugs of the reference, with their titles in a
// column.
func (t *Text) Entries(list []explain.Entry) {
	longest := 0
	for i := range list {
		longest = max(longest, len(list[i].Slug))
	}
	for i := range list {
		name := list[i].Slug
		t.Paragraph(t.Strong(name)+strings.Repeat(" ", longest-len(name)+2), list[i].Title)
	}
}
