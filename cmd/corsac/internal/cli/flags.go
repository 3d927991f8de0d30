package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// stackFlag registers --stack.
func stackFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "stack", "", "what the server runs on, if that cannot be seen: a `NAME` such as express, nginx or fastapi")
	choice.Complete(cmd, "stack", stacks.Names())
}

// stackOf returns the stack of --stack; nil if the flag is not given.
func stackOf(name string) (*stacks.Stack, error) {
	s := stacks.Lookup(name)
	if s == nil && name != "" {
		return nil, fmt.Errorf("--stack %q is not known; use one of %s", name, strings.Join(stacks.Names(), ", "))
	}
	return s, nil
}

// readPolicy returns a policy of the file of --config, and its name. given
// says that the user names the file; hint is what to do if there is none.
func (a *app) readPolicy(given bool, name, hint string) (cors.Policy, string, error) {
	cfg, err := config.Load(a.config, a.In)
	var mistakes finding.Mistakes
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if given {
			hint = strings.Replace(hint, "name the file with -c", "correct the path", 1)
		}
		return cors.Policy{}, "", &problem{status: ExitUsage, err: err, hint: hint}
	case errors.As(err, &mistakes):
		return cors.Policy{}, "", &problem{status: ExitUsage, err: err}
	case err != nil:
		return cors.Policy{}, "", unreadable(err, given)
	}
	p, found, err := cfg.Policy(name)
	if err != nil {
		hint = ""
		if name == "" {
			hint = "name it with --policy"
		}
		err = &problem{status: ExitUsage, err: err, hint: hint}
	}
	return p, found, err
}

// document returns what a command found, for forms that other programs read.
func document(command string, cases []finding.Case, notes ...string) *report.Document {
	return &report.Document{Command: command, Version: readBuildInfo().String(), Cases: cases, Notes: notes}
}
