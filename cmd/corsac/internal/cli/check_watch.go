package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// watchEvery is how long --watch waits between two checks.
const watchEvery = 2 * time.Second

// runWatch checks until the request is allowed, and prints a verdict if it differs
// from the one before. Each check begins in a new browser, which remembers nothing.
func (c *checkCommand) runWatch(ctx context.Context, one *check.Case) error {
	entered := enters(c.In)
	for before := ""; ; {
		session, err := c.checker().Session(ctx, one)
		if err != nil {
			return err
		}
		v := session.Run(ctx)
		if d := c.diagnosis(); d != nil {
			d.Diagnose(ctx, session, v)
		}
		if ctx.Err() != nil {
			return interrupted("")
		}
		if now := gist(v); now != before {
			if before != "" && !c.json {
				fmt.Fprintln(c.Out)
			}
			before = now
			if err := c.print(&session.Case, v, 0, 1); err != nil {
				return err
			}
		}
		var tally report.Tally
		if tally.Count(v); !tally.Failed() {
			return nil
		}
		if fmt.Fprint(c.Err, c.err.Faint("watching; Enter checks now, Ctrl-C ends\r")); !wait(ctx, entered) {
			return interrupted("")
		}
	}
}

// wait waits until the next check. It reports false if ctx is done first.
func wait(ctx context.Context, entered <-chan struct{}) bool {
	select {
	case <-time.After(watchEvery):
	case <-entered:
	case <-ctx.Done():
		return false
	}
	return true
}

// enters reports every line of a reader, until it ends.
func enters(in io.Reader) <-chan struct{} {
	lines := make(chan struct{})
	if in != nil {
		go func() {
			for s := bufio.NewScanner(in); s.Scan(); {
				lines <- struct{}{}
			}
		}()
	}
	return lines
}

// gist is what must differ for a verdict to be printed again: the result, the
// causes, and what the servers said.
func gist(v *verdict.Verdict) string {
	var causes []string
	for i := range v.Findings {
		causes = append(causes, v.Findings[i].Cause)
	}
	var answers []string
	for i := range v.Wire {
		for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Location", "Vary"} {
			answers = append(answers, v.Wire[i].ResponseHeaders.Get(name))
		}
		answers = append(answers, v.Wire[i].StatusText())
	}
	return fmt.Sprint(v.Result, slices.Concat(causes, answers))
}
