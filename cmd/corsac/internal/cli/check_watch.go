package cli

import (
	"context"
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
)

// runWatch checks until the request is allowed, and prints a verdict if it differs
// from the one before. Each check begins in a new browser, which remembers nothing.
func (c *checkCommand) runWatch(ctx context.Context, one *check.Case) error {
	before := ""
	fmt.Fprintln(c.Err, c.err.Faint("Watching: corsac checks every two seconds, or when you press Enter; Ctrl-C stops it."))
	err := check.Watch(ctx, c.In, func() (bool, error) {
		session, err := c.checker().Session(ctx, one)
		if err != nil {
			return false, err
		}
		v := c.diagnosis().Diagnose(ctx, session, session.Run(ctx))
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if now := check.Gist(v.Verdict); now != before {
			if before != "" && !c.json {
				fmt.Fprintln(c.Out)
			}
			again := before != ""
			before = now
			if again && !c.json && v.Result == fetch.Failed { // a restart of the server
				text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
				text.Headline("", v.Verdict)
				return false, text.Err()
			}
			if err := c.print(&session.Case, v, 0, 1); err != nil {
				return false, err
			}
		}
		var tally report.Tally
		tally.Count(v.Verdict)
		return !tally.Failed(), nil
	})
	if ctx.Err() != nil {
		return interrupted("")
	}
	return err
}
