package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newGenerate) }

// generateCommand is corsac generate.
type generateCommand struct {
	*app

	policy, dir, listen, upstream             string
	list, explain, include, runnable, test    bool
	narrower, force, listenChanged, hasConfig bool
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
the command line or the file is wrong, and 3 if it cannot be written.`,
		Example: `  corsac generate --list
  corsac generate express
  corsac generate nginx -c deploy/corsac.yaml --policy app --test
  corsac generate nginx --include -o /etc/nginx
  corsac generate fastapi --explain
  corsac generate caddy --runnable --upstream http://127.0.0.1:9000 -o try && try/run.sh`,
		Args: cobra.MaximumNArgs(1),
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
	flags.StringVarP(&c.dir, "output", "o", "", "write into the folder `DIR` instead of printing")
	flags.BoolVar(&c.force, "force", false, "overwrite files that exist")
	flags.BoolVar(&c.narrower, "allow-narrower", false, "accept a result that allows less than the policy")
	flags.BoolVar(&c.list, "list", false, "show all stacks")
	flags.BoolVar(&c.explain, "explain", false, "say why the output has its shape, and how it falls short")
	flags.BoolVar(&c.include, "include", false, "write the two files that nginx includes")
	flags.BoolVar(&c.test, "test", false, "let the server check the configuration first: "+strings.Join(generate.Tested(), ", "))
	flags.BoolVar(&c.runnable, "runnable", false, "write a folder that starts the server: "+strings.Join(generate.Runnable(), ", "))
	flags.StringVar(&c.listen, "listen", config.DefaultListen, "where the server of --runnable listens, an `ADDRESS`")
	flags.StringVar(&c.upstream, "upstream", "", "where the proxy of --runnable forwards to, a `URL`")
	if err := cmd.MarkFlagDirname("output"); err != nil {
		panic(err) // a flag that does not exist
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c.listenChanged, c.hasConfig = flags.Changed("listen"), flags.Changed("config")
		return c.run(cmd, args)
	}
	return cmd
}

func (c *generateCommand) run(cmd *cobra.Command, args []string) error {
	stack, err := c.stack(args)
	if err == nil {
		err = c.mistakes(stack)
	}
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if c.list {
		w := terminal.NewWriter(c.Out, c.Getenv)
		generate.List(w)
		return w.Err()
	}
	r := generate.Request{Stack: stack, AllowNarrower: c.narrower}
	p, name, err := c.readPolicy(c.policy, "name the file with -c")
	switch {
	case err == nil:
		r.Policy, r.PolicyName = &p, name
	case c.explain && !c.hasConfig:
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

// stack returns the stack that is named, or nil with --list.
func (c *generateCommand) stack(args []string) (*stacks.Stack, error) {
	switch {
	case c.list && len(args) > 0:
		return nil, errors.New("--list shows all stacks; it takes no name")
	case c.list:
		return nil, nil //nolint:nilnil // no stack is needed
	case len(args) == 0:
		return nil, errors.New("name a stack: corsac generate --list shows all")
	}
	if s := stacks.Lookup(args[0]); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%q is not a stack that corsac knows; use one of %s", args[0], strings.Join(stacks.Names(), ", "))
}

// mistakes says which flags do not go together.
func (c *generateCommand) mistakes(stack *stacks.Stack) error {
	if c.list {
		return nil
	}
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	proxy := stack.Layer == stacks.Proxy
	wrong(c.include && stack.Name != "nginx", "--include is for nginx only")
	wrong(c.include && c.runnable, "--include and --runnable cannot be used together")
	wrong(c.include && c.dir == "", "--include writes two files: add -o DIR")
	wrong(c.test && (stack.Server == nil || stack.Server.Test == ""), "--test works for %s", strings.Join(generate.Tested(), ", "))
	wrong(c.runnable && stack.Server == nil, "--runnable works for %s", strings.Join(generate.Runnable(), ", "))
	wrong(c.runnable && c.dir == "", "--runnable writes a folder: add -o DIR")
	wrong(c.runnable && proxy && c.upstream == "", "--runnable needs --upstream, such as http://127.0.0.1:9000")
	wrong(c.upstream != "" && (!c.runnable || !proxy), "--upstream is for a proxy with --runnable")
	wrong(c.listenChanged && !c.runnable, "--listen is for --runnable")
	return errors.Join(errs...)
}

func (c *generateCommand) generate(ctx context.Context, r generate.Request) error {
	out, err := c.make(r)
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
	if c.test {
		if err := c.try(ctx, r); err != nil {
			return err
		}
	}
	if c.dir == "" {
		_, err = io.WriteString(c.Out, out.Files[0].Text)
	} else {
		err = c.write(out.Files)
	}
	if err == nil {
		c.notes(out)
	}
	return err
}

func (c *generateCommand) make(r generate.Request) (*generate.Output, error) {
	switch {
	case c.include:
		return generate.Include(r)
	case c.runnable:
		at, err := generate.ParseAddresses(c.listen, c.upstream)
		if err != nil {
			return nil, err
		}
		return generate.Folder(r, at)
	}
	return generate.Make(r)
}

// try lets the server check the configuration.
func (c *generateCommand) try(ctx context.Context, r generate.Request) error {
	text, err := generate.Try(ctx, r)
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

func (c *generateCommand) write(files []generate.File) error {
	if err := generate.Write(c.dir, files, c.force); err != nil {
		return &problem{status: ExitBroken, err: fmt.Errorf("cannot write: %w", err), hint: "files that exist are overwritten only with --force"}
	}
	for _, f := range files {
		fmt.Fprintln(c.Out, filepath.Join(c.dir, f.Path))
	}
	return nil
}

// notes prints where the output belongs and what to know about it.
func (c *generateCommand) notes(out *generate.Output) {
	w := terminal.NewWriter(c.Err, c.Getenv)
	if c.runnable {
		w.Paragraph("start: ", filepath.Join(c.dir, "run.sh"))
	} else {
		if out.Install != "" {
			w.Paragraph("install: ", out.Install)
		}
		w.Paragraph("place: ", strings.TrimSuffix(out.File+", "+out.Place, ", "))
	}
	for _, note := range out.Notes {
		w.Paragraph(w.Notice("note:")+" ", note)
	}
}
