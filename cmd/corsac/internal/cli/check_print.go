package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// print prints verdict i of several.
func (c *checkCommand) print(one *check.Case, v *verdict.Verdict, i, total int) error {
	switch {
	case c.json:
		return report.JSON(c.Out, mask.Verdict(v))
	case c.curl:
		for _, command := range report.Curl(one, v) {
			fmt.Fprintln(c.Out, command)
		}
		return nil
	}
	text := c.text()
	v = mask.Verdict(v)
	if total > 1 {
		text.Line(text.Strong(fmt.Sprintf("Request %d of %d", i+1, total)))
	}
	text.Verdict(v)
	if i < total-1 {
		text.Line("")
	}
	return text.Err()
}

func (c *checkCommand) text() *report.Text {
	return &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv), Explain: c.explain}
}

// item is one verdict of many, or the reason why there is none.
type item struct {
	Line  int             `json:"line,omitempty"`  // line of a batch
	Entry int             `json:"entry,omitempty"` // entry of a HAR file
	ID    json.RawMessage `json:"id,omitempty"`
	// Failure says why there is no verdict, which would have URL and Method.
	Failure string `json:"failure,omitempty"`
	URL     string `json:"url,omitempty"`
	Method  string `json:"method,omitempty"`
	*verdict.Verdict
}

// printBatch prints results as JSON Lines, and a summary on Err.
func (c *checkCommand) printBatch(ctx context.Context, n int, results iter.Seq[*item]) error {
	bar := c.progress(n)
	lines := report.NewLines(c.Out)
	var tally report.Tally
	for it := range results {
		it.Verdict = mask.Verdict(it.Verdict)
		if err := lines.Encode(it); err != nil {
			return err
		}
		tally.Count(it.Verdict)
		_ = bar.Add(1)
	}
	_ = bar.Clear()
	tally.Print(c.Err, c.err, fmt.Sprintf("%d of %s", tally.Total, report.Count(n, "request", "requests")), "not made")
	if ctx.Err() != nil {
		return interrupted(fmt.Sprintf("the first %d results are complete", tally.Total))
	}
	return status(&tally)
}

// progress returns a bar on Err, shown if Err is a terminal and Out a file.
func (c *checkCommand) progress(n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(terminal.NewDoor(c.Err).Own()), progressbar.OptionSetVisibility(terminal.Is(c.Err) && terminal.IsFile(c.Out) && c.Getenv("TERM") != "dumb"),
		progressbar.OptionSetDescription("checking"), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
}

// harPrinter returns a function that prints the results of a HAR file: as JSON
// Lines, or one line per request, with the whole verdict if it is blocked.
func (c *checkCommand) harPrinter() func(*har.Conversation, *item) error {
	if c.json {
		lines := report.NewLines(c.Out)
		return func(_ *har.Conversation, it *item) error {
			it.Verdict = mask.Verdict(it.Verdict)
			return lines.Encode(it)
		}
	}
	text, gap := c.text(), true
	return func(x *har.Conversation, it *item) error {
		it.Verdict = mask.Verdict(it.Verdict)
		number := text.Faint(fmt.Sprintf("%4d ", it.Entry))
		switch {
		case it.Verdict == nil:
			text.Paragraph(number+text.Notice("? unknown: "), verdict.Printable(fmt.Sprintf("%s %s from %s: %s", it.Method, it.URL, x.Page.Origin, it.Failure)))
		case it.Failed() != nil || c.explain:
			if !gap {
				text.Line("")
			}
			text.Line(text.Strong(fmt.Sprintf("Entry %d", it.Entry)))
			text.Verdict(it.Verdict)
			text.Line("")
			gap = true
			return text.Err()
		default:
			text.HeadlineOfAll(number, it.Verdict)
		}
		gap = false
		return text.Err()
	}
}

// summarizeHAR prints a summary: on Out after a report, on Err beside JSON.
func (c *checkCommand) summarizeHAR(t *report.Tally, others har.Counts) {
	to, style := c.Out, c.out
	if c.json {
		to, style = c.Err, c.err
	}
	t.Print(to, style, report.Count(t.Total, "cross-origin request", "cross-origin requests"), "unknown")
	if left := others.String(); left != "" {
		fmt.Fprintln(to, style.Faint("skipped: "+left))
	}
}

// status returns how check ends after it has printed its verdicts.
func status(t *report.Tally) error {
	switch {
	case t.Without > 0:
		return reported(ExitBroken)
	case t.Failed():
		return reported(ExitFailed)
	}
	return nil
}
