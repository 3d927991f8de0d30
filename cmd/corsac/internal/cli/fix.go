package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newFix) }

// fixCommand is corsac fix.
type fixCommand struct {
	*app

	flags                        policyFlags
	policy, path, checked, stack string
	write, force, json           bool
	changed                      func(flag string) bool
	failed                       *verdict.Verdict // of --check
	outcomes                     []fix.Outcome    // of --write
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
are. In a folder without version control, the old text is kept in NAME.orig. --force
writes all the same.

The diff goes to the standard output, so that git apply can read it, and what to
know about it to the standard error. Nothing is sent.

The exit status is 0 if there is nothing to change, or the change was shown or
written; 1 if something could not be changed; 2 if the command line or the file is
wrong; and 3 if the folder cannot be read.`,
		Example: `  corsac fix --allow-origin http://localhost:3000
  corsac fix server --allow-origin https://app.example.com --allow-method PUT --allow-header Authorization --allow-credentials --write
  corsac fix -c corsac.yaml --policy app --path /api/
  corsac check http://localhost:8080/items --origin http://localhost:3000 -X PUT --json | corsac fix --check -
  corsac fix --stack nginx --allow-origin https://app.example.com --json`,
		Args: cobra.MaximumNArgs(1),
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
	c.flags.register(cmd)
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
			err = errors.New(mistakeLine("path", m.Value, m.Why, m.Fix))
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
	tree, err := source.Walk(dir)
	if err != nil {
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot read the folder: %w", err), hint: "fix takes the folder of a project"}
	}
	defer func() { _ = tree.Close() }()
	return c.fix(cmd.Context(), tree, stack, want)
}

// want returns what the user wants.
func (c *fixCommand) want(ctx context.Context, dir string) (*stacks.Want, error) {
	var used []string
	for name := range policyFields {
		if c.changed(name) {
			used = append(used, name)
		}
	}
	switch inFile := c.changed("config") || c.policy != ""; {
	case inFile && (len(used) > 0 || c.checked != ""):
		return nil, usage(errors.New("a policy in a file says everything: leave out --check and the flags for single settings, or --config and --policy"))
	case len(used) == 0 && c.checked == "":
		return c.fromFile(dir)
	}
	w := &stacks.Want{}
	if c.checked != "" {
		text, err := c.read(ctx, c.checked, "Paste the output of corsac check --json, then press Ctrl-D:", maxExplained)
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
			return nil, usage(fmt.Errorf("what the check needs is not safe: %w", err))
		}
	}
	return w, c.fromFlags(w)
}

// fromFile returns the want of a policy in a file, which by default is corsac.yaml
// in the working folder, or else in that of the project.
func (c *fixCommand) fromFile(dir string) (*stacks.Want, error) {
	if !c.changed("config") {
		if _, err := os.Stat(c.config); errors.Is(err, fs.ErrNotExist) {
			c.config = filepath.Join(dir, defaultConfig)
		}
	}
	p, _, err := c.readPolicy(c.changed("config"), c.policy, "say what to allow, such as --allow-origin http://localhost:3000; or name the file with -c")
	if err != nil {
		return nil, err
	}
	return fix.FromPolicy(&p), nil
}

// fromFlags adds what the flags say.
func (c *fixCommand) fromFlags(w *stacks.Want) error {
	p, err := c.flags.policy()
	if err != nil {
		return err
	}
	whole := fix.FromPolicy(&p)
	w.Set = map[string][]string{}
	for flag, field := range policyFields {
		if c.changed(flag) {
			w.Set[field] = whole.Set[field]
		}
	}
	if len(p.AllowOrigins) == 0 {
		p.AllowOrigins = []string{"https://app.example.com"} // the others are to be checked
	}
	if _, err := cors.New(p); err != nil {
		return c.flags.mistakes(err)
	}
	return nil
}

// fixed is the output of fix --json.
type fixed struct {
	Stack   string      `json:"stack"`
	Why     string      `json:"why"`
	Files   []fixedFile `json:"files"`
	Notes   []string    `json:"notes"`
	Install string      `json:"install,omitempty"`
	Check   string      `json:"check"`
	// Snippet is what to write by hand, and Where.
	Snippet string `json:"snippet,omitempty"`
	Where   string `json:"where,omitempty"`
}

type fixedFile struct {
	Name    string `json:"name"`
	Diff    string `json:"diff"`
	New     bool   `json:"new,omitempty"`
	Written bool   `json:"written"`
	// Refused says why it was not written.
	Refused string `json:"refused,omitempty"`
	Backup  string `json:"backup,omitempty"`
}

// fix proposes a change, and writes it with --write.
func (c *fixCommand) fix(ctx context.Context, tree *source.Tree, stack *stacks.Stack, want *stacks.Want) error {
	project, err := fix.Look(tree, stack)
	if err != nil {
		return err
	}
	proposal, err := project.Propose(want)
	if skipped := c.skipped([]*source.Tree{tree}); skipped != nil {
		return skipped
	}
	switch {
	case err != nil:
		return &problem{status: ExitFailed, err: err, hint: c.otherStacks(project, nil)}
	case proposal == nil:
		return &problem{
			status: ExitFailed, err: fmt.Errorf("no server that corsac knows was found in %s", filepath.FromSlash(tree.Show("."))),
			hint: "it looks for files such as package.json, requirements.txt, go.mod and nginx.conf, there and one folder deeper; --stack says what the server runs on",
		}
	}
	r := c.result(project, proposal, want)
	if c.write {
		c.apply(ctx, tree, proposal, r)
	}
	if c.json {
		err = report.JSON(c.Out, r)
	} else {
		err = c.print(proposal, r)
	}
	if err == nil && c.write && (proposal.Snippet != nil || refused(r)) {
		err = reported(ExitFailed)
	}
	return err
}

func refused(r *fixed) bool {
	for i := range r.Files {
		if r.Files[i].Refused != "" {
			return true
		}
	}
	return false
}

// result returns a proposal before anything is written.
func (c *fixCommand) result(project *fix.Project, p *fix.Proposal, want *stacks.Want) *fixed {
	r := &fixed{Stack: p.Stack.Name, Why: p.Why(), Files: []fixedFile{}, Notes: append([]string{}, p.Notes...), Install: p.Install}
	for i := range p.Patches {
		x := &p.Patches[i]
		r.Files = append(r.Files, fixedFile{Name: x.Shown, Diff: x.Diff(), New: x.New})
	}
	url := "URL"
	if p.URL != "" {
		url = strings.TrimSuffix(p.URL, "/") + "/" + strings.TrimPrefix(want.Path, "/")
	}
	r.Check = fix.Proof(want, c.failed, url)
	if p.Snippet != nil {
		r.Snippet = p.Snippet.Files[0].Text
		r.Where = strings.TrimSuffix(p.Snippet.File+", "+p.Snippet.Place, ", ")
	}
	if hint := c.otherStacks(project, p.Stack); hint != "" {
		r.Notes = append([]string{fmt.Sprintf("This changes %s, because %s; %s.", p.Stack.Title, r.Why, hint)}, r.Notes...)
	}
	return r
}

// otherStacks says how to choose another stack; "" if there is none.
func (c *fixCommand) otherStacks(project *fix.Project, than *stacks.Stack) string {
	if others := project.Others(than); len(others) > 0 {
		return "--stack " + strings.Join(others, " or ") + " chooses another"
	}
	return ""
}

// apply writes the files.
func (c *fixCommand) apply(ctx context.Context, tree *source.Tree, p *fix.Proposal, r *fixed) {
	for i := range p.Patches {
		o := fix.Write(ctx, tree, &p.Patches[i], c.force)
		c.outcomes = append(c.outcomes, o)
		r.Files[i].Written, r.Files[i].Backup = o.Err == nil, o.Backup
		if o.Err != nil {
			r.Files[i].Refused = o.Err.Error()
		}
	}
}

// print prints the diff, and what to know about it.
func (c *fixCommand) print(p *fix.Proposal, r *fixed) error {
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	for i := range r.Files {
		text.Diff(r.Files[i].Diff)
	}
	if r.Snippet != "" {
		text.Code(r.Snippet)
	}
	if err := text.Err(); err != nil {
		return err
	}
	about := terminal.NewWriter(c.Err, c.Getenv)
	for _, note := range r.Notes {
		about.Paragraph(about.Notice("note:")+" ", verdict.Printable(note))
	}
	switch {
	case r.Snippet != "":
		about.Paragraph("place: ", verdict.Printable(r.Where)+"; corsac cannot write that itself")
	case len(r.Files) == 0:
		text.Line("nothing to change: " + p.Stack.Title + " does this already")
		return errors.Join(text.Err(), about.Err())
	}
	for i, o := range c.outcomes {
		printOutcome(about, r.Files[i].Name, o)
	}
	if r.Install != "" {
		about.Paragraph("install: ", verdict.Printable(r.Install))
	}
	about.Paragraph("check: ", verdict.Printable(r.Check))
	if !c.write && len(r.Files) > 0 {
		about.Line("Nothing is written yet; add --write to write it.")
	}
	return about.Err()
}
