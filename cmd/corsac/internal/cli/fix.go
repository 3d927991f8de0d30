package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newFix) }

// fixCommand is corsac fix.
type fixCommand struct {
	*app

	flags                        choice.Policy
	policy, path, checked, stack string
	write, force, json           bool
	changed                      func(flag string) bool
	failed                       *verdict.Verdict // of --check
}

func newFix(a *app) *cobra.Command {
	c := &fixCommand{app: a}
	cmd := &cobra.Command{
		Use:   "fix [DIR] {--allow-origin ORIGIN... | -c FILE [--policy NAME] | --check FILE.json}",
		Short: "Change the files of a project so that its server does what you want",
		Long: `fix looks at the folder of a project, and shows the smallest change that makes its
server do what you want: a wrong setting corrected in its place, a missing one
inserted in the right place. It can change nginx, Express, FastAPI and Go; for other
servers, it prints what to write, and where. With --write, it writes the files.

What you want is said by flags; by a policy in a file; or by a check that failed,
whose request is then allowed besides what is there. The server gets exactly that:
no other methods, headers or origins, and no credentials unless you ask for them.
Settings that are there and that you do not mention stay. A policy in a file is
complete: what it does not allow is taken away.

A file is not written if it has changes that are not committed to git; the others
are. In a folder without version control, the old text is kept as NAME.orig in the
folder .corsac-backup of the project. --force writes all the same.

The diff goes to the standard output, so that git apply can read it, and what to
know about it to the standard error. Nothing is sent.

The exit status is 0 if there is nothing to change, or the change was written; 1 if it
is only shown, or something could not be changed; 2 if the command line or the file
is wrong; and 3 if the folder or a file that you name cannot be read.`,
		Example: `  corsac fix --allow-origin http://localhost:3000
  corsac fix server --allow-origin https://app.example.com --allow-method PUT --allow-header Authorization --allow-credentials --write
  corsac fix -c corsac.yaml --policy app --path /api/
  corsac check http://localhost:8080/items --origin http://localhost:3000 -X PUT --json | corsac fix --check -
  corsac fix --stack nginx --allow-origin https://app.example.com --json`,
		Args: atMostOne("folder of a project"),
		RunE: c.run,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	c.changed = flags.Changed
	c.configFlag(cmd)
	flags.StringVar(&c.policy, "policy", "", "the `NAME` of the policy, if the file has several")
	c.flags.Register(cmd)
	flags.StringVar(&c.checked, "check", "", "allow the request that failed in a `FILE` of corsac check --json; - is standard input")
	flags.StringVar(&c.path, "path", "", "change only what is below a `PATH` such as /api/")
	stackFlag(cmd, &c.stack)
	flags.BoolVar(&c.write, "write", false, "write the files")
	flags.BoolVar(&c.force, "force", false, "write files that have changes which are not committed, too")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	return cmd
}

func (c *fixCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := stackOf(c.stack)
	if err == nil && c.path != "" {
		if m := config.CheckPath(c.path); m != nil {
			err = choice.Mistake("path", m.Value, m.Why, m.Fix)
		}
	}
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	dir := "."
	if len(args) > 0 {
		dir = args[0]
	}
	want, err := c.want(cmd.Context(), dir)
	switch {
	case errors.Is(err, fix.ErrNothingFailed):
		fmt.Fprintf(c.Out, "nothing to change: %v\n", err)
		return nil
	case err != nil:
		return err
	}
	want.Path = c.path
	tree, err := orInterrupted(cmd.Context(), func() (*source.Tree, error) { return source.Walk(dir) })
	if cmd.Context().Err() != nil {
		return interrupted("")
	}
	switch {
	case errors.Is(err, source.ErrFile):
		return usage(fmt.Errorf("%s is a file, and fix takes the folder of a project: corsac fix %s", dir, filepath.Dir(dir)))
	case err != nil:
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot read the folder: %w", err), hint: "fix takes the folder of a project"}
	}
	defer func() { _ = tree.Close() }()
	return c.fix(cmd.Context(), tree, stack, want)
}

// want returns what the user wants.
func (c *fixCommand) want(ctx context.Context, dir string) (*stacks.Want, error) {
	used := choice.FieldsOf(c.changed)
	switch inFile := c.config.Named() || c.policy != ""; {
	case inFile && (len(used) > 0 || c.checked != ""):
		return nil, usage(errors.New("a policy in a file says everything: leave out --check and the flags for single settings, or --config and --policy"))
	case len(used) == 0 && c.checked == "":
		return c.fromFile(ctx, dir)
	}
	w := &stacks.Want{}
	if c.checked != "" {
		text, err := c.read(ctx, c.checked, "Paste the output of corsac check --json, then press", maxExplained)
		if system := (*fs.PathError)(nil); errors.As(err, &system) {
			return nil, &problem{status: ExitBroken, err: err, hint: "correct the path"}
		}
		if err != nil {
			return nil, err
		}
		if w, c.failed, err = fix.FromCheck(text); err != nil {
			if errors.Is(err, fix.ErrNothingFailed) {
				return nil, err
			}
			return nil, usage(err)
		}
		if _, err := w.Policy(&stacks.Draft{}); err != nil {
			return nil, usage(fmt.Errorf("what the check needs is not safe: %w", c.flags.Mistakes(err)))
		}
	}
	return w, c.fromFlags(w)
}

// fromFile returns the want of a policy in a file, which by default is corsac.yaml
// in the working folder, or else in that of the project.
func (c *fixCommand) fromFile(ctx context.Context, dir string) (*stacks.Want, error) {
	c.config.OrIn(dir)
	p, _, err := c.readPolicy(ctx, c.policy, "", "say what to allow, such as --allow-origin http://localhost:3000; or name the file with -c")
	if err != nil {
		return nil, err
	}
	return fix.FromPolicy(&p), nil
}

// fromFlags adds what the flags say.
func (c *fixCommand) fromFlags(w *stacks.Want) error {
	p, err := c.flags.Policy()
	if err != nil {
		return usage(err)
	}
	if err := fix.Set(w, p, choice.FieldsOf(c.changed)); err != nil {
		return usage(c.flags.Mistakes(err))
	}
	return nil
}

// fix proposes a change, and writes it with --write.
func (c *fixCommand) fix(ctx context.Context, tree *source.Tree, stack *stacks.Stack, want *stacks.Want) error {
	project, err := orInterrupted(ctx, func() (*fix.Project, error) { return fix.Look(tree, stack) })
	if err != nil {
		return err
	}
	proposal, err := orInterrupted(ctx, func() (*fix.Proposal, error) { return project.Propose(want) })
	if ctx.Err() != nil {
		return interrupted("")
	}
	if skipped := c.skipped([]*source.Tree{tree}); skipped != nil {
		return skipped
	}
	switch {
	case err != nil:
		return &problem{status: ExitFailed, err: c.flags.Mistakes(err), hint: project.Others(project.Failed)}
	case proposal == nil:
		return &problem{
			status: ExitFailed, err: fmt.Errorf("no server that corsac knows was found in %s", tree.Show(".")),
			hint: "it looks for files such as package.json, requirements.txt, go.mod and nginx.conf, there and one folder deeper; --stack says what the server runs on",
		}
	}
	r, err := orInterrupted(ctx, func() (*fix.Report, error) { return project.Report(proposal, want, c.failed), nil })
	if err != nil {
		return err
	}
	done := len(r.Files) == 0 && r.Snippet == "" || c.write && r.Write(ctx, project, c.force)
	if c.json {
		err = report.JSON(c.Out, r)
	} else {
		text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
		about := terminal.NewWriter(c.Err, c.Getenv)
		text.Change(r, about, c.write)
		err = errors.Join(text.Err(), about.Err())
	}
	if ctx.Err() != nil && !done {
		return interrupted("")
	}
	if err == nil && !done {
		err = reported(ExitFailed)
	}
	return err
}
