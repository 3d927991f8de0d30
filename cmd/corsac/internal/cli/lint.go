package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lint"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newLint) }

// lintCommand is corsac lint.
type lintCommand struct {
	*app

	stack            string
	rules, without   []string
	fix, force, list bool
	form             choice.Form
}

func newLint(a *app) *cobra.Command {
	c := &lintCommand{app: a}
	cmd := &cobra.Command{
		Use:   "lint [FILE|DIR]...",
		Short: "Find mistakes in the CORS settings of files",
		Long: `lint reads the CORS settings of servers, and policies in a corsac.yaml, and reports
what is wrong: where it is, why it is a mistake, and how to correct it. Each has a
rule, and the name of the cause that corsac check finds from outside, if it can.

A folder is searched for files of all stacks that corsac reads; what git ignores and
folders of dependencies are left out. Without arguments, it is the working folder.

--fix corrects what can be corrected safely: nobody else is allowed by it, and nothing
breaks. It writes the files as corsac fix does, and prints the changes.

The exit status is 1 if something is an error, and not only a warning or a note; 2 if
the command line is wrong, and 3 if a file that you name cannot be read.`,
		Example: `  corsac lint
  corsac lint nginx.conf conf.d
  corsac lint --fix src
  corsac lint --disable corsac/note --format github
  corsac lint --sarif > lint.sarif
  corsac lint --list`,
		Args: cobra.ArbitraryArgs,
		RunE: c.run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	readerFlag(cmd, &c.stack)
	flags.StringArrayVar(&c.rules, "rule", nil, "report only what breaks the rule `ID`; repeatable")
	flags.StringArrayVar(&c.without, "disable", nil, "do not report what breaks the rule `ID`; repeatable")
	choice.Complete(cmd, "rule", lint.IDs())
	choice.Complete(cmd, "disable", lint.IDs())
	flags.BoolVar(&c.list, "list", false, "show all rules")
	flags.BoolVar(&c.fix, "fix", false, "correct what can be corrected safely, and write the files")
	flags.BoolVar(&c.force, "force", false, "with --fix, write files that have changes which are not committed, too")
	c.form.Register(cmd, "JSON")
	return cmd
}

func (c *lintCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := c.reader()
	if err = errors.Join(err, c.form.Check(), lint.Known(slices.Concat(c.rules, c.without)), c.together(args)); err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if c.list {
		return c.printRules()
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	o := &lint.Options{Stack: stack, Only: c.rules, Without: c.without}
	trees, err := c.trees(cmd.Context(), args)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close(trees) }()
	results, err := look(cmd.Context(), trees, o)
	if err != nil {
		return err
	}
	if err := c.skipped(trees); err != nil {
		return err
	}
	note, err := lint.Unknown(trees)
	if err != nil {
		return usage(err)
	}
	if note != "" {
		c.note("%s", note)
	}
	failed := false
	if c.fix {
		if failed, err = c.correct(cmd.Context(), trees, results, o); err != nil {
			return err
		}
		again, err := c.trees(cmd.Context(), args)
		if err != nil {
			return err
		}
		defer func() { _ = source.Close(again) }()
		if results, err = look(cmd.Context(), again, o); err != nil {
			return err
		}
	}
	cases := lint.Cases(results)
	if err := c.print(cases, results, o); err != nil {
		return err
	}
	if n := lint.Count(cases); failed || n.Errors > 0 {
		return reported(ExitFailed)
	}
	return nil
}

// reader returns the stack of --stack, which may be that of corsac.yaml.
func (c *lintCommand) reader() (*stacks.Stack, error) {
	if s := stacks.Lookup(c.stack); s != nil && s.Name == "corsac" {
		return s, nil
	}
	return readerOf(c.stack)
}

// together says which flags do not go together.
func (c *lintCommand) together(args []string) error {
	switch stdin := slices.Contains(args, "-"); {
	case stdin && (len(args) > 1 || c.stack == ""):
		return errors.New("the standard input needs --stack, and goes with no other file")
	case stdin && c.fix:
		return errors.New("--fix writes files; it cannot be used with the standard input")
	case c.list && (len(args) > 0 || c.fix):
		return errors.New("--list shows the rules; it takes no files")
	case c.force && !c.fix:
		return errors.New("--force is for --fix")
	case c.fix && c.form.Name() != "":
		return errors.New("--fix prints the changes; it cannot be used with another form")
	}
	return nil
}

// look looks at trees, until Ctrl-C.
func look(ctx context.Context, trees []*source.Tree, o *lint.Options) ([]*lint.Result, error) {
	return orInterrupted(ctx, func() ([]*lint.Result, error) { return lint.All(trees, o), nil })
}

// correct writes what can be corrected safely. failed says that a file could not be
// written.
func (c *lintCommand) correct(ctx context.Context, trees []*source.Tree, results []*lint.Result, o *lint.Options) (failed bool, err error) {
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	about := terminal.NewWriter(c.Err, c.Getenv)
	for i, t := range trees {
		files, err := fix.Correct(ctx, t, results[i].Sites, o.Counts, c.force)
		if err != nil {
			return false, asProblem(err)
		}
		if !c.form.Quiet {
			text.Diffs(files)
			report.Written(about, files)
		}
		failed = failed || slices.ContainsFunc(files, func(f fix.FileReport) bool { return !f.Written })
	}
	if failed && ctx.Err() != nil {
		return true, interrupted("")
	}
	return failed, errors.Join(text.Err(), about.Err())
}

// print prints what is wrong in the form that was asked for.
func (c *lintCommand) print(cases []finding.Case, results []*lint.Result, o *lint.Options) error {
	switch {
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		return report.JSON(c.Out, lint.Output{Summary: lint.Count(cases), Cases: cases})
	case c.form.IsDocument():
		d := document("corsac lint", cases)
		d.ByRule = true
		return c.form.Write(c.Out, d)
	}
	safe := 0
	for _, r := range results {
		_, n := fix.Safe(r.Sites, o.Counts)
		safe += n
	}
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	text.Lint(cases, safe)
	return text.Err()
}

// printRules prints all rules.
func (c *lintCommand) printRules() error {
	if c.form.IsJSON() {
		return report.JSON(c.Out, lint.Rules())
	}
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	text.Rules(lint.Rules())
	return text.Err()
}
