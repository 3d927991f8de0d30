package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// stackFlag registers --stack.
func stackFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "stack", "", "what the server runs on, if that cannot be seen: a `NAME` such as express, nginx or fastapi")
	choice.Complete(cmd, "stack", stacks.Names())
}

// stackOf returns the stack of --stack; nil if the flag is not given.
func stackOf(name string) (*stacks.Stack, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no stack is named
	}
	s, err := generate.Lookup(name)
	if err != nil {
		err = fmt.Errorf("--stack: %w", err)
	}
	return s, err
}

// loadConfig reads the file of --config. Ctrl-C ends the wait.
func (a *app) loadConfig(ctx context.Context) (*config.Config, error) {
	return orInterrupted(ctx, func() (*config.Config, error) { return a.config.Load(a.In) })
}

// readConfig reads the file of --config. hint is what to do if there is none, and the
// user named none.
func (a *app) readConfig(ctx context.Context, hint string) (*config.Config, error) {
	cfg, err := a.loadConfig(ctx)
	var mistakes finding.Mistakes
	switch {
	case ctx.Err() != nil:
		return nil, interrupted("")
	case errors.Is(err, fs.ErrNotExist) && !a.config.Named():
		return nil, &problem{status: ExitUsage, err: err, hint: hint}
	case errors.As(err, &mistakes):
		return nil, &problem{status: ExitUsage, err: err}
	case err != nil:
		return nil, unreadable(err, a.config.Named())
	}
	return cfg, nil
}

// readPolicy returns a policy of the file of --config, as [config.Config.PolicyFor] does.
// hint is that of readConfig.
func (a *app) readPolicy(ctx context.Context, name, url, hint string) (cors.Policy, string, error) {
	cfg, err := a.readConfig(ctx, hint)
	if err != nil {
		return cors.Policy{}, "", err
	}
	p, found, err := cfg.PolicyFor(name, url)
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
	return &report.Document{Command: command, Version: versionLine(), Cases: cases, Notes: notes}
}

// readerFlag registers --stack for commands that read files.
func readerFlag(cmd *cobra.Command, name *string) {
	names := importer.ReaderNames()
	cmd.Flags().StringVar(name, "stack", "", "what the files are for, if their names do not show it: "+strings.Join(names, ", ")+" (a `NAME`)")
	choice.Complete(cmd, "stack", names)
}

// readerOf returns the stack of --stack, whose files corsac must be able to read;
// nil if the flag is not given.
func readerOf(name string) (*stacks.Stack, error) {
	s, err := stackOf(name)
	if err == nil && s != nil && s.Source == nil {
		err = fmt.Errorf("corsac cannot read the files of %s; it can read those of %s", s.Title, strings.Join(importer.ReaderNames(), ", "))
	}
	return s, err
}

// trees opens what the user names; a lone - is the standard input.
func (a *app) trees(ctx context.Context, args []string) ([]*source.Tree, error) {
	if len(args) == 1 && args[0] == "-" {
		text, err := a.read(ctx, "-", "Paste the file here, then press", source.MaxFile)
		if err != nil {
			return nil, err
		}
		if err := source.Readable(string(text)); err != nil {
			return nil, usage(fmt.Errorf("cannot read the standard input: %w", err))
		}
		return []*source.Tree{source.Memory(&source.File{Name: "stdin", Text: string(text)})}, nil
	}
	trees, err := orInterrupted(ctx, func() ([]*source.Tree, error) { return source.Open(args) })
	if ctx.Err() != nil {
		return nil, interrupted("")
	}
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "correct the path"
		}
		return nil, &problem{status: ExitBroken, err: fmt.Errorf("cannot read: %w", err), hint: hint}
	}
	return trees, nil
}

// skipped says which files could not be read. It is an error if the user names one
// of them.
func (a *app) skipped(trees []*source.Tree) error {
	others, err := source.Unread(trees)
	for _, line := range others {
		a.note("%s", line)
	}
	if err != nil {
		return &problem{status: ExitBroken, err: err}
	}
	return nil
}

func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.Err, a.err.Notice("note:"), verdict.Printable(fmt.Sprintf(format, args...)))
}
