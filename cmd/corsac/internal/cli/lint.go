package cli

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newLint) }

// lintCommand is corsac lint.
type lintCommand struct {
	*app

	stack                   string
	rules, without          []string
	fix, force, list        bool
	form                    choice.Form
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

The exit status is 0 if nothing is wrong, notes apart, 1 if something is, 2 if the
command line is wrong, and 3 if a file that you name cannot be read.`,
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
	var ids []string
	for _, r := range lint.Rules() {
		ids = append(ids, r.ID)
	}
	choice.Complete(cmd, "rule", ids)
	choice.Complete(cmd, "disable", ids)
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
	cases, sites := look(trees, o)
	if err := c.skipped(trees); err != nil {
		return err
	}
	failed := false
	if c.fix {
		if failed, err = c.correct(cmd.Context(), trees, sites, o); err != nil {
			return err
		}
		again, err := source.Open(args)
		if err != nil {
			return err
		}
		defer func() { _ = source.Close(again) }()
		cases, sites = look(again, o)
	}
	if err := c.print(cases, sites, o); err != nil {
		return err
	}
	if n := lint.Count(cases); failed || n.Errors+n.Warnings > 0 {
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

// look returns what is wrong in trees, and the sites of each.
func look(trees []*source.Tree, o *lint.Options) (cases []finding.Case, sites [][]*stacks.Site) {
	for _, t := range trees {
		r := lint.Run(t, o)
		cases = append(cases, r.Cases...)
		sites = append(sites, r.Sites)
	}
	return cases, sites
}

// correct writes what can be corrected safely. failed says that a file could not be
// written.
func (c *lintCommand) correct(ctx context.Context, trees []*source.Tree, sites [][]*stacks.Site, o *lint.Options) (failed bool, err error) {
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	about := terminal.NewWriter(c.Err, c.Getenv)
	for i, t := range trees {
		edits, _ := fix.Safe(sites[i], o.Counts)
		patches, err := fix.Patches(t, edits, nil)
		if err != nil {
			return false, err
		}
		for j := range patches {
			p := &patches[j]
			if !c.form.Quiet {
				text.Diff(p.Diff())
			}
			outcome := fix.Write(ctx, t, p, c.force)
			failed = failed || outcome.Err != nil
			if c.form.Quiet {
				continue
			}
			printOutcome(about, p.Shown, outcome)
		}
	}
	return failed, errors.Join(text.Err(), about.Err())
}

// printOutcome says whether a file was written.
func printOutcome(w *terminal.Writer, name string, o fix.Outcome) {
	name = verdict.Printable(name)
	switch {
	case o.Err != nil:
		w.Paragraph(w.Bad("not written: "), name+": "+verdict.Printable(o.Err.Error()))
	case o.Backup != "":
		w.Paragraph(w.Good("written: "), name+"; the old text is in "+verdict.Printable(o.Backup))
	default:
		w.Paragraph(w.Good("written: "), name)
	}
}

// print prints what is wrong in the form that was asked for.
func (c *lintCommand) print(cases []finding.Case, sites [][]*stacks.Site, o *lint.Options) error {
	switch {
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		if cases == nil {
			cases = []finding.Case{}
		}
		return report.JSON(c.Out, struct {
			lint.Summary

			Cases []finding.Case `json:"cases"`
		}{lint.Count(cases), cases})
	case c.form.IsDocument():
		d := document("corsac lint", cases)
		d.ByRule = true
		return c.form.Write(c.Out, d)
	}
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	text.Lint(cases)
	text.Line(summary(cases, sites, o))
	return text.Err()
}

// summary says in a line what was found.
func summary(cases []finding.Case, sites [][]*stacks.Site, o *lint.Options) string {
	files := map[string]bool{}
	for i := range cases {
		files[cases[i].Group] = true
	}
	where := report.Count(len(files), "file", "files") + " with CORS settings"
	n := lint.Count(cases)
	if n == (lint.Summary{}) {
		return "nothing is wrong in " + where
	}
	safe := 0
	for i := range sites {
		_, n := fix.Safe(sites[i], o.Counts)
		safe += n
	}
	s := fmt.Sprintf("%s: %s, %s, %s", where, report.Count(n.Errors, "error", "errors"), report.Count(n.Warnings, "warning", "warnings"), report.Count(n.Notes, "note", "notes"))
	if safe > 0 {
		s += "; --fix corrects " + report.Count(safe, "of them", "of them")
	}
	return s
}

// printRules prints all rules.
func (c *lintCommand) printRules() error {
	rules := lint.Rules()
	if c.form.IsJSON() {
		type rule struct {
			ID       string           `json:"id"`
			Severity finding.Severity `json:"severity"`
			Cause    string           `json:"cause,omitempty"`
			Title    string           `json:"title"`
			Why      string           `json:"why"`
			Fix      string           `json:"fix"`
		}
		list := make([]rule, len(rules))
		for i, r := range rules {
			list[i] = rule{r.ID, r.Severity, r.Cause, r.Title, r.Why, r.Fix}
		}
		return report.JSON(c.Out, list)
	}
	w := terminal.NewWriter(c.Out, c.Getenv)
	longest := 0
	for _, r := range rules {
		longest = max(longest, len(r.ID))
	}
	for _, r := range rules {
		w.Paragraph(fmt.Sprintf("%-*s  %-7s  ", longest, r.ID, r.Severity), r.Title)
	}
	return w.Err()
}
