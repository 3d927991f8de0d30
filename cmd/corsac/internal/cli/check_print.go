package cli

import (
	"context"
	"fmt"
	"iter"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// print prints verdict i of several.
func (c *checkCommand) print(one *check.Case, v *diagnose.Verdict, i, total int) error {
	switch {
	case c.json:
		return report.JSON(c.Out, v.Masked())
	case c.curl:
		for _, command := range report.Curl(one, v.Verdict) {
			fmt.Fprintln(c.Out, command)
		}
		return nil
	}
	text := c.text()
	v = v.Masked()
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

// printBatch prints results as JSON Lines, and a summary on Err.
func (c *checkCommand) printBatch(ctx context.Context, n int, results iter.Seq[*report.Item]) error {
	bar := report.Progress(c.Err, n, "checking", terminal.Is(c.Err) && terminal.IsFile(c.Out) && c.Getenv("TERM") != "dumb")
	lines := report.NewLines(c.Out)
	var tally report.Tally
	for it := range results {
		it.Verdict = *it.Verdict.Masked()
		if err := lines.Encode(it); err != nil {
			return err
		}
		tally.Count(it.Verdict.Verdict)
		_ = bar.Add(1)
	}
	_ = bar.Clear()
	tally.Print(c.Err, c.err, fmt.Sprintf("%d of %s", tally.Total, report.Count(n, "request", "requests")), "not made")
	if ctx.Err() != nil {
		return interrupted(fmt.Sprintf("the first %d results are complete", tally.Total))
	}
	return status(&tally)
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
