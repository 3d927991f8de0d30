package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newImport) }

// importCommand is corsac import.
type importCommand struct {
	*app

	stack, to, policy, output string
	narrower, force, json     bool
}

func newImport(a *app) *cobra.Command {
	c := &importCommand{app: a}
	cmd := &cobra.Command{
		Use:   "import FILE... [--to STACK]",
		Short: "Read the CORS settings of a server and write them as a policy",
		Long: `import reads what files say about CORS, and writes it as a corsac.yaml: a policy
for each place that differs, with a comment after each line that says where it comes
from. For proxies, it adds the routes, so that corsac serve can take their place.

What is known only when the program runs, such as an environment variable, is never
guessed: a comment says so. A policy that corsac refuses, such as * with credentials,
is written as comments, with what to do about it. Both are on the standard error, too.

--to writes the policy for another stack, or a corrected version for the same one:
corsac import app.js --to nginx is corsac import and corsac generate in one. With
--to gateway, it is a complete corsac.yaml.

A folder stands for all files in it. Files whose names do not show what they are
need --stack.

The exit status is 0 if a policy is written, 1 if nothing about CORS was found or no
policy could be written, 2 if the command line is wrong, and 3 if a file cannot be
read or written.`,
		Example: `  corsac import app.js
  corsac import /etc/nginx/nginx.conf -o corsac.yaml
  corsac import main.py --to nginx
  corsac import app.js --to express
  nginx -T | corsac import - --stack nginx
  corsac import . --json | jq '.policies[].policy'`,
		Args: cobra.ArbitraryArgs,
		RunE: c.run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	readerFlag(cmd, &c.stack)
	flags.StringVar(&c.to, "to", "", "write the policy for a `STACK` instead of a corsac.yaml: see corsac generate --list")
	choice.Complete(cmd, "to", stacks.Names())
	flags.StringVar(&c.policy, "policy", "", "the `NAME` of the policy for --to, if there are several")
	flags.StringVarP(&c.output, "output", "o", "", "write into a `FILE` instead of printing")
	flags.BoolVar(&c.force, "force", false, "overwrite a file that exists")
	flags.BoolVar(&c.narrower, "allow-narrower", false, "with --to, accept a result that allows less than the policy")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	return cmd
}

// readerFlag registers --stack for commands that read files.
func readerFlag(cmd *cobra.Command, name *string) {
	names := make([]string, 0, 8)
	for _, s := range importer.Readers(nil) {
		names = append(names, s.Name)
	}
	cmd.Flags().StringVar(name, "stack", "", "what the files are for, if their names do not show it: "+strings.Join(names, ", ")+" (a `NAME`)")
	choice.Complete(cmd, "stack", names)
}

// readerOf returns the stack of --stack, whose files corsac must be able to read;
// nil if the flag is not given.
func readerOf(name string) (*stacks.Stack, error) {
	s, err := stackOf(name)
	if err == nil && s != nil && s.Source == nil {
		var names []string
		for _, s := range importer.Readers(nil) {
			names = append(names, s.Name)
		}
		err = fmt.Errorf("corsac cannot read the files of %s; it can read those of %s", s.Title, strings.Join(names, ", "))
	}
	return s, err
}

func (c *importCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := readerOf(c.stack)
	if err == nil {
		err = c.check(args, stack)
	}
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	trees, err := c.trees(cmd.Context(), args)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close(trees) }()
	var sites []importer.Site
	for _, t := range trees {
		sites = append(sites, importer.Sites(t, stack)...)
	}
	if err := c.skipped(trees); err != nil {
		return err
	}
	if len(sites) == 0 {
		return c.nothing(trees, stack)
	}
	return c.write(importer.New(sites))
}

func (c *importCommand) check(args []string, stack *stacks.Stack) error {
	switch to := stacks.Lookup(c.to); {
	case len(args) == 0:
		return errors.New("there is no file to import")
	case len(args) == 1 && args[0] == "-" && stack == nil:
		return errors.New("the standard input has no name that shows what it is: add --stack")
	case c.to != "" && to == nil:
		return fmt.Errorf("--to %q is not a stack that corsac knows; use one of %s", c.to, strings.Join(stacks.Names(), ", "))
	case c.to != "" && c.json:
		return errors.New("--to and --json cannot be used together")
	case c.policy != "" && c.to == "":
		return errors.New("--policy is for --to")
	}
	return nil
}

// trees opens what the user names; a lone - is the standard input.
func (a *app) trees(ctx context.Context, args []string) ([]*source.Tree, error) {
	if len(args) == 1 && args[0] == "-" {
		text, err := a.read(ctx, "-", "Paste the file here, then press Ctrl-D:", source.MaxFile)
		if err != nil {
			return nil, err
		}
		return []*source.Tree{source.Memory(&source.File{Name: "stdin", Text: string(text)})}, nil
	}
	trees, err := source.Open(args)
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
	var errs []error
	for _, t := range trees {
		named := map[string]bool{}
		for _, name := range t.Named() {
			named[name] = true
		}
		for _, s := range t.Skipped {
			if named[s.Name] {
				errs = append(errs, fmt.Errorf("cannot read %s: %s", t.Show(s.Name), s.Why))
			} else {
				a.note("%s was not read: %s", t.Show(s.Name), s.Why)
			}
		}
	}
	if len(errs) > 0 {
		return &problem{status: ExitBroken, err: errors.Join(errs...)}
	}
	return nil
}

func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.Err, a.err.Notice("note:"), verdict.Printable(fmt.Sprintf(format, args...)))
}

// nothing returns the problem of files that say nothing about CORS.
func (c *importCommand) nothing(trees []*source.Tree, stack *stacks.Stack) error {
	var files []string
	for _, t := range trees {
		for _, name := range t.Named() {
			files = append(files, t.Show(name))
		}
	}
	what := "nothing about CORS was found"
	if len(files) > 0 {
		what += " in " + strings.Join(files, ", ")
	}
	hint := "a file whose name does not show what it is needs --stack"
	if stack != nil {
		hint = "it was read as files of " + stack.Title + "; another --stack may fit"
	}
	return &problem{status: ExitFailed, err: errors.New(what), hint: hint}
}

// write writes the policies, and what they lack.
func (c *importCommand) write(im *importer.Import) error {
	var text string
	var err error
	switch {
	case c.json:
		err = report.JSON(c.Out, im)
	case c.to == "" || stacks.Lookup(c.to).Name == "corsac":
		text = im.File()
	default:
		text, err = c.convert(im)
	}
	switch {
	case err != nil:
		return err
	case c.json:
	case c.output != "" && len(im.Valid()) > 0:
		err = c.save(text)
	default:
		_, err = io.WriteString(c.Out, text)
	}
	if err != nil {
		return err
	}
	return c.lost(im)
}

// lost prints what is not carried over. It is an error if that is everything.
func (c *importCommand) lost(im *importer.Import) error {
	remarks := im.Remarks
	for _, p := range im.Policies {
		remarks = append(remarks, p.Remarks...)
	}
	if !c.json {
		for i := range remarks {
			c.note("%s", remarks[i].Line())
		}
	}
	var errs []error
	for _, p := range im.Policies {
		for _, e := range p.Errors {
			errs = append(errs, fmt.Errorf("%s: policy %s: %s", finding.Position(p.Sites[0].Place), p.Name, e))
		}
	}
	if len(im.Valid()) == 0 {
		errs = append(errs, errors.New("no policy could be written"))
		return &problem{status: ExitFailed, err: errors.Join(errs...)}
	}
	for _, err := range errs {
		c.note("left out: %v", err)
	}
	return nil
}

// convert returns the policies as another stack has them.
func (c *importCommand) convert(im *importer.Import) (string, error) {
	policies, err := c.chosen(im)
	if err != nil {
		return "", err
	}
	to := stacks.Lookup(c.to)
	var texts []string
	for _, p := range policies {
		out, err := generate.Make(generate.Request{Stack: to, Policy: p.Policy, PolicyName: p.Name, AllowNarrower: c.narrower})
		var no *generate.Inexpressible
		switch {
		case errors.As(err, &no) && len(no.Wider) == 0:
			return "", &problem{status: ExitFailed, err: err, hint: "add --allow-narrower to accept a result that allows less"}
		case err != nil:
			return "", &problem{status: ExitFailed, err: err}
		}
		if len(policies) > 1 && strings.HasPrefix(out.Files[0].Text, "{") {
			return "", &problem{status: ExitUsage, err: fmt.Errorf("there are %d policies, and %s needs a file for each", len(policies), to.Title), hint: "choose one with --policy: " + namesOf(policies)}
		}
		texts = append(texts, out.Files[0].Text)
		if out.Install != "" {
			c.note("install what it needs: %s", out.Install)
		}
		c.note("it belongs into %s", strings.TrimSuffix(out.File+", "+out.Place, ", "))
		for _, note := range out.Notes {
			c.note("%s", note)
		}
	}
	return strings.Join(texts, "\n"), nil
}

// chosen returns the policies that are to be written.
func (c *importCommand) chosen(im *importer.Import) ([]*importer.Policy, error) {
	valid := im.Valid()
	if c.policy == "" {
		return valid, nil
	}
	for _, p := range valid {
		if p.Name == c.policy {
			return []*importer.Policy{p}, nil
		}
	}
	return nil, usage(fmt.Errorf("there is no policy %q; there is %s", c.policy, namesOf(valid)))
}

func namesOf(policies []*importer.Policy) string {
	names := make([]string, len(policies))
	for i, p := range policies {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// save writes the file of -o.
func (c *importCommand) save(text string) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(c.output, flags, 0o644) //nolint:gosec // a configuration that a server reads
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrExist) {
			hint = "a file that exists is overwritten only with --force"
		}
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot write: %w", err), hint: hint}
	}
	fmt.Fprintln(c.Out, c.output)
	return nil
}
