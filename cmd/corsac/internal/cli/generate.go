package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newGenerate) }

// generateCommand is corsac generate.
type generateCommand struct {
	*app

	generate.Options
	policy                               string
	list, json, explain, narrower, force bool
}

func newGenerate(a *app) *cobra.Command {
	c := &generateCommand{app: a}
	cmd := &cobra.Command{
		Use:   "generate {STACK [-c FILE [--policy NAME]] [-o DIR] | --list}",
		Short: "Write the configuration or code of a server that carries out a policy",
		Long: `generate writes what a server needs to carry out a policy: the configuration of a
proxy or a cloud, or the code of a framework. It prints it, or writes it into the
folder of -o. Where to put it, and what to know about it, goes to the standard error.

If the stack cannot express the policy, generate says what to do instead. It never
allows more than the policy; with --allow-narrower, it may allow less.

--list shows all stacks: what each holds, what it cannot express, and whether its
output is tested in the real server (live), read by its own parser (schema), or
only compared with golden files. --explain says why the output of a stack has its
shape, and how it falls short.

--runnable writes a folder whose run.sh starts the server: a proxy before
--upstream, or a small application.

The exit status is 0 if it is written, 1 if the stack cannot express the policy, 2 if
the command line or the file is wrong, and 3 if the file cannot be read, or the
result not be written.`,
		Example: `  corsac generate --list
  corsac generate express
  corsac generate nginx -c deploy/corsac.yaml --policy app --test
  corsac generate nginx --include -o /etc/nginx
  corsac generate fastapi --explain
  corsac generate s3 --as terraform
  corsac generate caddy --runnable --upstream http://127.0.0.1:9000 -o try && try/run.sh`,
		Args: atMostOne("stack"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return stacks.Names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	c.configFlag(cmd)
	flags.StringVar(&c.policy, "policy", "", "the `NAME` of the policy, if the file has several")
	flags.StringVarP(&c.Dir, "output", "o", "", "write into the folder `DIR` instead of printing")
	flags.StringVar(&c.As, "as", "", "write another `FORM`: "+strings.Join(generate.Formed(), ", "))
	flags.BoolVar(&c.force, "force", false, "overwrite files that exist")
	flags.BoolVar(&c.narrower, "allow-narrower", false, "accept a result that allows less than the policy")
	flags.BoolVar(&c.list, "list", false, "show all stacks")
	flags.BoolVar(&c.json, "json", false, "with --list, print JSON")
	flags.BoolVar(&c.explain, "explain", false, "say why the output has its shape, and how it falls short")
	flags.BoolVar(&c.Include, "include", false, "write the two files that nginx includes")
	flags.BoolVar(&c.Test, "test", false, "let the server check the configuration first: "+strings.Join(generate.Tested(), ", "))
	flags.BoolVar(&c.Runnable, "runnable", false, "write a folder that starts the server: "+strings.Join(generate.Runnable(), ", "))
	flags.StringVar(&c.Listen, "listen", config.DefaultListen, "where the server of --runnable listens, an `ADDRESS`")
	flags.StringVar(&c.Upstream, "upstream", "", "where the proxy of --runnable forwards to, a `URL`")
	choice.Complete(cmd, "as", generate.Forms())
	if err := cmd.MarkFlagDirname("output"); err != nil {
		panic(err) // a flag that does not exist
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) }
	return cmd
}

func (c *generateCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := c.stack(args)
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if c.list {
		if c.json {
			return report.JSON(c.Out, generate.Listing())
		}
		w := terminal.NewWriter(c.Out, c.Getenv)
		generate.List(w)
		return w.Err()
	}
	r := generate.Request{Stack: stack, AllowNarrower: c.narrower}
	p, name, err := c.readPolicy(cmd.Context(), c.policy, "", "name the file with -c")
	switch {
	case err == nil:
		r.Policy, r.PolicyName = &p, name
	case c.explain && !c.config.Named():
		r.Policy = &generate.Reference
	default:
		return err
	}
	if c.explain {
		w := terminal.NewWriter(c.Out, c.Getenv)
		generate.Explain(w, stack, r.Policy)
		return w.Err()
	}
	return c.generate(cmd.Context(), r)
}

// stack returns the stack that is named, or nil with --list, and what is wrong
// with the command line.
func (c *generateCommand) stack(args []string) (*stacks.Stack, error) {
	switch {
	case c.list && len(args) > 0:
		return nil, errors.New("--list shows all stacks; it takes no name")
	case c.json && !c.list:
		return nil, errors.New("--json works with --list")
	case c.list:
		return nil, nil //nolint:nilnil // no stack is needed
	case len(args) == 0:
		return nil, errors.New("name a stack: corsac generate --list shows all")
	}
	s, err := generate.Lookup(args[0])
	if err == nil {
		err = c.Check(s)
	}
	return s, err
}

func (c *generateCommand) generate(ctx context.Context, r generate.Request) error {
	out, err := orInterrupted(ctx, func() (*generate.Output, error) { return c.Make(r) })
	var no *generate.Inexpressible
	switch {
	case errors.As(err, &no):
		p := &problem{status: ExitFailed, err: err}
		if len(no.Wider) == 0 {
			p.hint = "add --allow-narrower to accept a result that allows less"
		}
		return p
	case err != nil:
		return usage(err)
	}
	if c.Test {
		if err := c.try(ctx, r); err != nil {
			return err
		}
	}
	if c.Dir == "" {
		_, err = io.WriteString(c.Out, out.Files[0].Text)
	} else {
		err = c.write(ctx, out.Files)
	}
	if err == nil {
		c.Notes(terminal.NewWriter(c.Err, c.Getenv), out)
	}
	return err
}

// try lets the server check the configuration.
func (c *generateCommand) try(ctx context.Context, r generate.Request) error {
	text, err := generate.Try(ctx, r)
	if ctx.Err() != nil {
		return interrupted("")
	}
	fmt.Fprint(c.Err, text)
	if errors.Is(err, generate.ErrNotInstalled) {
		fmt.Fprintf(c.Err, "%s not tested: %v\n", c.err.Notice("note:"), err)
		return nil
	}
	if err != nil {
		return &problem{status: ExitFailed, err: err}
	}
	return nil
}

func (c *generateCommand) write(ctx context.Context, files []generate.File) error {
	err := generate.Write(ctx, c.Dir, files, c.force)
	if ctx.Err() != nil {
		return interrupted("")
	}
	if err != nil {
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot write: %w", err), hint: "files that exist are overwritten only with --force"}
	}
	for _, f := range files {
		fmt.Fprintln(c.Out, filepath.Join(c.Dir, f.Path))
	}
	return nil
}
