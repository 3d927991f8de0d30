package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/localca"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

func init() { register(newTrust) }

// trustCommand is corsac trust.
type trustCommand struct {
	*app

	json bool
}

func newTrust(a *app) *cobra.Command {
	c := &trustCommand{app: a}
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Let browsers trust the certificate of corsac dev --https",
		Long: `trust manages the local certificate authority whose certificates corsac dev
--https uses. Its key stays on this machine, and it can vouch only for localhost,
names that end with .localhost, and loopback addresses.

install adds it to the store of the system, and on Linux to those of Chromium and
Firefox; uninstall removes it; status says where it is. What needs more rights
than you have is shown as a command to run.

The exit status is 0 if every store is as it should be, 1 if one is not, and 3 if
trust cannot run.`,
		Example: `  corsac trust install
  corsac trust status --json
  corsac trust uninstall`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []struct {
		name, short string
		create      bool
		wanted      bool
		do          func(*localca.Stores, context.Context, *localca.CA) ([]localca.Result, error)
	}{
		{"install", "Add the authority to the stores", true, true, (*localca.Stores).Install},
		{"uninstall", "Remove the authority from the stores", false, false, (*localca.Stores).Uninstall},
		{"status", "Say which stores have the authority", false, true, (*localca.Stores).Status},
	} {
		child := &cobra.Command{
			Use: sub.name, Short: sub.short, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				ca, err := c.authority(sub.create)
				if err != nil || ca == nil {
					return err
				}
				results, err := sub.do(new(localca.Stores), cmd.Context(), ca)
				if err != nil {
					return err
				}
				return c.print(results, sub.wanted)
			},
		}
		child.Flags().BoolVar(&c.json, "json", false, "print JSON")
		cmd.AddCommand(child)
	}
	return cmd
}

// authority returns the authority of the user, or nil if there is none and it is not
// to be created.
func (c *trustCommand) authority(create bool) (*localca.CA, error) {
	dir, err := localca.Dir()
	if err != nil {
		return nil, err
	}
	if create {
		return localca.Open(dir, time.Now())
	}
	ca, err := localca.Load(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if c.json {
			return nil, report.NewLines(c.Out).Encode([]localca.Result{})
		}
		_, err = fmt.Fprintln(c.Out, "There is no authority yet; corsac trust install makes one.")
		return nil, err
	}
	return ca, err
}

// print prints what was done, and fails unless every store is as wanted.
func (c *trustCommand) print(results []localca.Result, wanted bool) error {
	asWanted := true
	for _, r := range results {
		asWanted = asWanted && r.Trusted == wanted
	}
	if c.json {
		if err := report.NewLines(c.Out).Encode(results); err != nil {
			return err
		}
	} else {
		for _, r := range results {
			c.printStore(&r)
		}
	}
	if !asWanted {
		return reported(ExitFailed)
	}
	return nil
}

func (c *trustCommand) printStore(r *localca.Result) {
	state := c.out.Notice("not trusted")
	if r.Trusted {
		state = c.out.Good("trusted")
	}
	fmt.Fprintf(c.Out, "%-10s %s  %s\n", r.Store, state, c.out.Faint(r.Place))
	if r.Did != "" {
		fmt.Fprintf(c.Out, "           %s\n", r.Did)
	}
	if r.Why != "" {
		fmt.Fprintf(c.Out, "           %s\n", r.Why)
	}
	for _, line := range r.Run {
		fmt.Fprintf(c.Out, "           run: %s\n", c.out.Strong(line))
	}
}
