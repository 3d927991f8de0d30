package report

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Need writes whether a page needs CORS, why, and what to do instead.
func (t *Text) Need(answer *need.Answer) {
	say := func(label, text string) { t.Paragraph(label, verdict.Printable(text)) }
	t.Paragraph("", t.needHeadline(answer))
	say(t.Faint("  why:  "), answer.Reason)
	for i, step := range answer.Instead {
		label := "        - "
		if i == 0 {
			label = t.Faint("  do:   ") + "- "
		}
		say(label, step.Text)
		// Commands and configuration get lines of their own, unwrapped.
		for _, line := range append([]string{shell.Command(step.Command)}, strings.Split(step.Config, "\n")...) {
			if line != "" {
				t.Line("          " + t.Strong(verdict.Printable(line)))
			}
		}
	}
	for _, note := range answer.Notes {
		say(t.Notice("  note: "), note)
	}
}

func (t *Text) needHeadline(answer *need.Answer) string {
	origin := verdict.Printable(answer.Origin)
	switch {
	case answer.Verdict == need.Yes && origin == "null":
		return t.Notice("yes") + ": CORS is needed, and the page has the origin null, which no server should allow"
	case answer.Verdict == need.Yes:
		return t.Notice("yes") + ": the server must allow " + origin + " with CORS"
	case answer.Verdict == need.But:
		return t.Notice("no, but") + " " + verdict.Printable(answer.But)
	}
	return t.Good("no") + ": nothing is needed"
}
