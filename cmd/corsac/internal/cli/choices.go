package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// choice is a flag whose value is one of a few words.
type choice struct {
	name  string
	value *string
	words []string
}

// choices are the flags of one command with such values.
type choices []choice

// add registers a flag of cmd, its completion, and its check.
func (c *choices) add(cmd *cobra.Command, value *string, name, initial, usage string, words ...string) {
	cmd.Flags().StringVar(value, name, initial, usage)
	complete(cmd, name, words)
	*c = append(*c, choice{name, value, words})
}

// stackFlag registers --stack.
func stackFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "stack", "", "what the server runs on, if that cannot be seen: a `NAME` such as express, nginx or fastapi")
	complete(cmd, "stack", stacks.Names())
}

// stackOf returns the stack of --stack; nil if the flag is not given.
func stackOf(name string) (*stacks.Stack, error) {
	s := stacks.Lookup(name)
	if s == nil && name != "" {
		return nil, fmt.Errorf("--stack %q is not known; use one of %s", name, strings.Join(stacks.Names(), ", "))
	}
	return s, nil
}

// complete makes shells offer the words of a flag instead of file names.
func complete(cmd *cobra.Command, name string, words []string) {
	fn := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(name, fn); err != nil {
		panic(err) // a flag that does not exist
	}
}

// check reports every flag with another value. An empty value is unset.
func (c choices) check() (errs []error) {
	for _, f := range c {
		if *f.value != "" && !slices.Contains(f.words, *f.value) {
			errs = append(errs, fmt.Errorf("--%s %q is not one of %s", f.name, *f.value, strings.Join(f.words, ", ")))
		}
	}
	return errs
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
