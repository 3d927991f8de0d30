package cli

import (
	"context"
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

// runWatch checks until the request is allowed, and prints a verdict if it differs
// from the one before. Each check begins in a new browser, which remembers nothing.
func (c *checkCommand) runWatch(ctx context.Context, one *check.Case) error {
	before := ""
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
			before = now
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
