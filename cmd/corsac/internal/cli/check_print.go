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

// print prints verdict i of several, or keeps it for the document.
func (c *checkCommand) print(one *check.Case, v *diagnose.Verdict, i, total int) error {
	switch {
	case c.form.IsJSON() && total > 1:
		return report.NewLines(c.Out).Encode(v.Masked())
	case c.form.IsJSON():
		return report.JSON(c.Out, v.Masked())
	case c.curl:
		for _, command := range report.Curl(one, v.Verdict) {
			fmt.Fprintln(c.Out, command)
		}
		return nil
	case !c.form.IsText():
		c.keep(&report.Item{Verdict: *v.Masked()})
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

// keep keeps a masked result for the document, if one is to be written.
func (c *checkCommand) keep(it *report.Item) {
	if c.form.IsDocument() {
		c.cases = append(c.cases, report.Checked(it)...)
	}
}

// finish writes the document, if there is one, and returns how check ends.
func (c *checkCommand) finish(t *report.Tally) error {
	if c.form.IsDocument() {
		if err := c.form.Write(c.Out, document("corsac check", c.cases)); err != nil {
			return err
		}
	}
	switch {
	case t.Without > 0:
		return reported(ExitBroken)
	case t.Failed():
		return reported(ExitFailed)
	}
	return nil
}

// printBatch prints the results of a batch: as a list on a terminal and as JSON Lines
// elsewhere, unless a flag says otherwise. A summary goes to Err.
func (c *checkCommand) printBatch(ctx context.Context, n int, results iter.Seq[*report.Item]) error {
	visible := !c.form.Quiet && terminal.Is(c.Err) && terminal.IsFile(c.Out) && c.Getenv("TERM") != "dumb"
	bar := report.Progress(c.Err, n, "checking", visible)
	list := c.form.Format == "text" || c.form.IsText() && terminal.Is(c.Out)
	printed := report.Entries{Text: c.text(), JSON: !list}
	var tally report.Tally
	for it := range results {
		if err := c.printItem(&printed, it); err != nil {
			return err
		}
		tally.Count(&it.Verdict)
		_ = bar.Add(1)
	}
	_ = bar.Clear()
	if !c.form.Quiet {
		tally.Print(c.Err, c.err, fmt.Sprintf("%d of %s", tally.Total, report.Count(n, "request", "requests")), "not made")
	}
	err := c.finish(&tally)
	if ctx.Err() != nil {
		return interrupted(fmt.Sprintf("the first %d results are complete", tally.Total))
	}
	return err
}

// printItem prints one of many results, or keeps it for the document.
func (c *checkCommand) printItem(printed *report.Entries, it *report.Item) error {
	it.Verdict = *it.Verdict.Masked()
	if c.form.Quiet || c.form.IsDocument() {
		c.keep(it)
		return nil
	}
	return printed.Print(it)
}

// summarizeHAR prints a summary: on Out after a report, on Err beside anything that
// programs read.
func (c *checkCommand) summarizeHAR(t *report.Tally, others har.Counts) {
	to, style := c.Out, c.out
	switch {
	case c.form.Quiet:
		return
	case !c.form.IsText():
		to, style = c.Err, c.err
	}
	t.Print(to, style, report.Count(t.Total, "cross-origin request", "cross-origin requests"), "unknown")
	if left := others.String(); left != "" {
		fmt.Fprintln(to, style.Faint("skipped: "+left))
	}
}
