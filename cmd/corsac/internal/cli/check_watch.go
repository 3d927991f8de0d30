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
// from the one before. Each check begins in a new browser, which remembers nothing;
// probes are sent only if the verdict differs.
func (c *checkCommand) runWatch(ctx context.Context, one *check.Case) error {
	before := ""
	fmt.Fprintln(c.Err, c.err.Faint("Watching: corsac checks every two seconds, or when you press Enter; Ctrl-C stops it."))
	err := check.Watch(ctx, c.In, func() (bool, error) {
		session, err := c.checker().Session(ctx, one)
		if err != nil {
			return false, err
		}
		found := session.Run(ctx)
		now := check.Gist(found)
		if now == before {
			return false, ctx.Err() // as before, it is not allowed, so no probes are needed
		}
		v := c.diagnosis().Diagnose(ctx, session, found)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		again := before != "" && !c.json
		before = now
		if again {
			fmt.Fprintln(c.Out)
		}
		if again && v.Result == fetch.Failed { // a restart of the server
			text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
			text.Headline("", v.Masked().Verdict)
			return false, text.Err()
		}
		if err := c.print(&session.Case, v, 0, 1); err != nil {
			return false, err
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
