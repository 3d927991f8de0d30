package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
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
		Use:   "import [FILE...] [--to STACK]",
		Short: "Read the CORS settings of a server and write them as a policy",
		Long: `import reads what files say about CORS, and writes it as a corsac.yaml: a policy
for each place that differs, with a comment after each line that says where it comes
from. For proxies, it adds the routes, so that corsac serve can take their place.

What is known only when the program runs, such as an environment variable, is never
guessed: a comment says so. A policy that corsac refuses, such as * with credentials,
is written as comments, with what to do about it. Both are on the standard error, too.

--to writes the policies for another stack, or a corrected version for the same one:
corsac import app.js --to nginx is corsac import and corsac generate in one. With
--to gateway, it is a complete corsac.yaml. nginx and Caddy have several policies in
one text; other stacks need a file for each, which -o writes into a FOLDER/.

A folder stands for all files in it; without a file, import reads the working folder.
Files whose names do not show what they are need --stack.

The exit status is 0 if everything was carried over, 1 if something was not, which may
be all of it, 2 if the command line is wrong, and 3 if a file cannot be read or
written.`,
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
	flags.StringVar(&c.policy, "policy", "", "write only the policy `NAME`")
	flags.StringVarP(&c.output, "output", "o", "", "write into a `FILE` instead of printing; with --to, a folder takes a file per policy where the stack needs that")
	flags.BoolVar(&c.force, "force", false, "overwrite a file that exists")
	flags.BoolVar(&c.narrower, "allow-narrower", false, "with --to, accept a result that allows less than the policy")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	return cmd
}

func (c *importCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := readerOf(c.stack)
	if err == nil {
		err = c.check(args, stack)
	}
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	trees, err := c.trees(cmd.Context(), args)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close(trees) }()
	im, err := orInterrupted(cmd.Context(), func() (*importer.Import, error) {
		sites := importer.SitesOf(trees, stack)
		if len(sites) == 0 {
			return nil, nil //nolint:nilnil // there is nothing to import
		}
		return importer.New(sites), nil
	})
	if err != nil {
		return err
	}
	if err := c.skipped(trees); err != nil {
		return err
	}
	if im == nil {
		hint, err := importer.Nothing(trees, stack)
		return &problem{status: ExitFailed, err: err, hint: hint}
	}
	return c.write(cmd.Context(), im)
}

func (c *importCommand) check(args []string, stack *stacks.Stack) error {
	_, err := generate.Lookup(c.to)
	switch {
	case len(args) == 1 && args[0] == "-" && stack == nil:
		return errors.New("the standard input has no name that shows what it is: add --stack")
	case c.to != "" && err != nil:
		return fmt.Errorf("--to: %w", err)
	case c.to != "" && c.json:
		return errors.New("--to and --json cannot be used together")
	}
	return nil
}

// write writes the policies, and what they lack.
func (c *importCommand) write(ctx context.Context, im *importer.Import) error {
	if c.policy != "" {
		if err := im.Choose(c.policy); err != nil {
			return usage(err)
		}
	}
	if c.json {
		if err := report.JSON(c.Out, im); err != nil {
			return err
		}
		return c.lost(im)
	}
	to := stacks.Lookup(cmp.Or(c.to, "corsac"))
	files, notes, err := im.Convert(to, c.narrower)
	var no *generate.Inexpressible
	switch {
	case errors.As(err, &no) && len(no.Wider) == 0 && !c.narrower:
		return &problem{status: ExitFailed, err: err, hint: "add --allow-narrower to accept a result that allows less"}
	case err != nil:
		return &problem{status: ExitFailed, err: err}
	case len(files) > 1 && !importer.IsFolder(c.output):
		return &problem{
			status: ExitUsage, err: fmt.Errorf("there are several policies, and %s needs a file for each", to.Title),
			hint: "choose one with --policy: " + strings.Join(im.Names(), ", ") + "; or write all of them with -o FOLDER/",
		}
	case c.output != "" && len(im.Valid()) > 0:
		err = c.save(ctx, files)
	case len(files) > 0:
		_, err = io.WriteString(c.Out, files[0].Text)
	}
	if err != nil {
		return err
	}
	for _, note := range notes {
		c.note("%s", note)
	}
	return c.lost(im)
}

// lost prints what is not carried over, and returns an error if there is any.
func (c *importCommand) lost(im *importer.Import) error {
	gateway := c.to == "" || stacks.Lookup(c.to).Name == "corsac"
	if !c.json {
		for _, line := range im.Lost(gateway) {
			c.note("%s", line)
		}
	}
	refused := im.Refused()
	if len(im.Valid()) == 0 {
		return &problem{status: ExitFailed, err: errors.Join(append(refused, errors.New("no policy could be written"))...)}
	}
	for _, err := range refused {
		c.note("left out: %v", err)
	}
	if len(refused) > 0 || !im.Whole(gateway) {
		return reported(ExitFailed)
	}
	return nil
}

// save writes what -o names.
func (c *importCommand) save(ctx context.Context, files []generate.File) error {
	written, err := importer.Save(ctx, c.output, files, c.force)
	if ctx.Err() != nil {
		return interrupted("")
	}
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrExist) {
			hint = "a file that exists is overwritten only with --force"
		}
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot write: %w", err), hint: hint}
	}
	fmt.Fprintln(c.Out, strings.Join(written, "\n"))
	return nil
}
