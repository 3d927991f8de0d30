package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newExplain) }

// explainCommand is corsac explain.
type explainCommand struct {
	*app

	origin, stack, dir string
	list               bool
	form               choice.Form
}

func newExplain(a *app) *cobra.Command {
	c := &explainCommand{app: a}
	cmd := &cobra.Command{
		Use:   "explain [MESSAGE | FILE | SLUG]",
		Short: "Explain an error message, a log, a HAR file or curl's output",
		Long: `explain says what an error message about CORS means, what causes it, what to
change, and which command shows the cause for certain. It sends nothing.

MESSAGE is anything that you can copy, with what is around it: a line of the
browser's console, the error of a program, a line of a server's log, the output
of curl -v or curl -i, of corsac check --json, or a HAR file. Without an argument
or with -, explain reads standard input. SLUG is the name of a cause, such as
preflight-not-routed: explain then prints what the reference says about it, and
--list prints all names.

With --stack, the fix is for that kind of server; with --dir, for what the files
of a project show, such as package.json, go.mod or nginx.conf.

If there are several messages, the first that says what failed is explained, and
the others are listed; in JSON they are "messages". The four most likely causes
are printed; JSON has all.

The exit status is 0 if the message was recognised, 1 if not or if it is not
about CORS, and 2 if the command line is wrong.`,
		Example: `  corsac explain "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response."
  corsac explain < console.txt
  corsac explain --stack nginx error.log
  corsac explain --dir . saved.har
  curl -v -H 'Origin: http://localhost:3000' http://localhost:8080/items 2>&1 | corsac explain
  corsac explain --json - | jq -r .slug
  corsac explain preflight-not-routed
  corsac explain --list`,
		ValidArgsFunction: slugs,
		RunE:              c.run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.origin, "origin", "", "the `ORIGIN` of the page, if the message does not name it")
	stackFlag(cmd, &c.stack)
	flags.StringVar(&c.dir, "dir", "", "find out the kind of server from the project in a `DIRECTORY`")
	flags.BoolVar(&c.list, "list", false, "print the names of all causes and classes of messages")
	c.form.Register(cmd, "JSON")
	if err := cmd.MarkFlagDirname("dir"); err != nil {
		panic(err) // a flag that does not exist
	}
	return cmd
}

// slugs completes the names of causes, and files.
func slugs(_ *cobra.Command, args []string, _ string) (list []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, e := range explain.Catalogue() {
		list = append(list, cobra.CompletionWithDesc(e.Slug, e.Title))
	}
	return list, cobra.ShellCompDirectiveDefault
}

func (c *explainCommand) run(cmd *cobra.Command, args []string) error {
	options, err := c.options()
	if err := errors.Join(c.form.Check(), err); err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if c.list {
		if len(args) > 0 {
			return usage(fmt.Errorf("--list takes no argument, but there is %q", args[0]))
		}
		return c.reference(explain.Catalogue(), func(t *report.Text) { t.Entries(explain.Catalogue()) })
	}
	if len(args) == 1 {
		if e, ok := explain.Lookup(args[0]); ok {
			return c.reference(e, func(t *report.Text) { t.Entry(&e) })
		}
	}
	input, err := c.input(cmd.Context(), args)
	if err == nil && len(bytes.TrimSpace(input)) == 0 {
		err = usage(errors.New("there is nothing to explain: paste the red line of the browser's console"))
	}
	if err != nil {
		return err
	}
	x := explain.Explain(input, options)
	if err := c.print(x, args); err != nil {
		return err
	}
	if !x.IsKnown() {
		return reported(ExitFailed)
	}
	return nil
}

// print writes an explanation in the form that was asked for.
func (c *explainCommand) print(x *explain.Explanation, args []string) error {
	switch {
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		return report.JSON(c.Out, x)
	case c.form.IsDocument():
		file := ""
		if isFile(args) {
			file = args[0]
		}
		return c.form.Write(c.Out, document("corsac explain", report.Explained(x, file)))
	}
	out := c.text()
	out.Explanation(x)
	return out.Err()
}

func (c *explainCommand) text() *report.Text {
	return &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
}

// isFile reports whether the arguments name a file, and are not a message.
func isFile(args []string) bool {
	_, err := os.Stat(strings.Join(args, " "))
	return len(args) == 1 && err == nil
}

// reference prints a part of the reference: as JSON, or by writing it for people.
// It has no findings, so it has no other form.
func (c *explainCommand) reference(part any, write func(*report.Text)) error {
	switch {
	case c.form.IsDocument():
		return &problem{status: ExitUsage, err: fmt.Errorf("the reference is printed as text or with --json, not as %s", c.form.Name()), hint: "run corsac explain --help"}
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		return report.JSON(c.Out, part)
	}
	out := c.text()
	write(out)
	return out.Err()
}

// options returns what the flags say about the input.
func (c *explainCommand) options() (explain.Options, error) {
	o := explain.Options{Origin: c.origin}
	if s, err := stackOf(c.stack); s != nil || err != nil {
		o.Stacks = []*stacks.Stack{s}
		return o, err
	}
	if c.dir != "" {
		if info, err := os.Stat(c.dir); err != nil {
			return o, err
		} else if !info.IsDir() {
			return o, fmt.Errorf("--dir %s is not a directory", c.dir)
		}
		matches, err := stacks.Detect(os.DirFS(c.dir))
		if err != nil {
			return o, fmt.Errorf("--dir %s: %w", c.dir, err)
		}
		for _, m := range matches {
			o.Stacks = append(o.Stacks, m.Stack)
		}
	}
	return o, nil
}

// maxExplained is how large a file may be: most HAR files are smaller.
const maxExplained = 64 << 20

// input returns the message: standard input, the content of a file, or the
// arguments themselves.
func (c *explainCommand) input(ctx context.Context, args []string) ([]byte, error) {
	const prompt = "Paste the message here, then press Enter and"
	switch {
	case len(args) == 0:
		return c.read(ctx, "-", prompt, maxExplained)
	case len(args) > 1:
		return []byte(strings.Join(args, " ")), nil
	}
	if args[0] == "-" || isFile(args) {
		return c.read(ctx, args[0], prompt, maxExplained)
	}
	if err := explain.CheckMessage(args[0]); err != nil {
		return nil, &problem{status: ExitUsage, err: err, hint: "corsac explain --list prints the names of all causes; without an argument, explain reads what you paste"}
	}
	return []byte(args[0]), nil
}
