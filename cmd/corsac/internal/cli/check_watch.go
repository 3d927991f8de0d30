package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// runWatch checks until the request is allowed, and prints what changed since the
// verdict before. Each check begins in a new browser, which remembers nothing;
// probes are sent only if the verdict differs.
func (c *checkCommand) runWatch(ctx context.Context, one *check.Case) error {
	var before *verdict.Verdict
	watch := &report.Watch{Text: c.text()}
	if !c.form.Quiet {
		fmt.Fprintln(c.Err, c.err.Faint("Watching: corsac checks every two seconds, or when you press Enter; Ctrl-C stops it."))
	}
	err := check.Watch(ctx, c.In, func() (bool, error) {
		session, err := c.checker().Session(ctx, one)
		if err != nil {
			return false, err
		}
		now := session.Run(ctx)
		if before != nil && len(report.Differences(before, now)) == 0 {
			return false, ctx.Err() // as before, it is not allowed, so no probes are needed
		}
		v := c.diagnosis().Diagnose(ctx, session, now)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err := c.printWatched(watch, v, before == nil); err != nil {
			return false, err
		}
		before = now
		var tally report.Tally
		tally.Count(v)
		return !tally.Failed(), nil
	})
	if ctx.Err() != nil {
		return interrupted("")
	}
	return err
}

// printWatched prints a verdict that differs from the one before: what changed, or
// all of it as JSON.
func (c *checkCommand) printWatched(watch *report.Watch, v *diagnose.Verdict, first bool) error {
	v = v.Masked()
	switch {
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		return report.NewLines(c.Out).Encode(v)
	}
	if !first {
		watch.Line("")
		watch.Line(watch.Strong(time.Now().Format(time.TimeOnly)))
	}
	watch.Print(v)
	return watch.Err()
}
