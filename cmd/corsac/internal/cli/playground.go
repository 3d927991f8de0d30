package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"

	"github.com/cli/browser"
	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

func init() { register(newPlayground) }

// playgroundCommand is corsac playground.
type playgroundCommand struct {
	*app

	output, engine, listen string
	allowHosts             []string
	force, open            bool
}

func newPlayground(a *app) *cobra.Command {
	c := &playgroundCommand{app: a}
	cmd := &cobra.Command{
		Use:   "playground [-o DIR]",
		Short: "Compose a request and a server's answer, and watch the browser decide",
		Long: `playground is a page on which you compose a request and what the server answers, or
a policy, and see what Chrome, Firefox and Safari do: step by step, with links to
the standard. Everything happens in your browser; the link of the page has all that
you have typed, so that you can share it.

It runs on this machine until you press Ctrl-C. With -o, it is written as a folder
of static files instead, which needs no server: open its index.html, or put the
folder on any website. A folder with other files is left alone, unless you add
--force; an earlier playground is replaced.

The exit status is 0, also after Ctrl-C, 2 if a flag is wrong, and 3 if playground
cannot run or write.`,
		Example: `  corsac playground --open
  corsac playground -o public/cors
  corsac playground --listen :8000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&c.output, "output", "o", "", "write the playground into the folder `DIR`")
	flags.BoolVar(&c.force, "force", false, "write into a folder that has other files, too")
	flags.StringVar(&c.listen, "listen", dev.DefaultPlaygroundListen, "the `ADDRESS` to listen on; :PORT is on this machine only")
	flags.StringArrayVar(&c.allowHosts, "allow-host", nil, "a `HOST` under which it may be reached, besides those of this machine; may be repeated")
	flags.BoolVar(&c.open, "open", false, "open the page in your browser")
	flags.StringVar(&c.engine, "engine", "", "take the engine from the folder `DIR`, into which \"make wasm\" builds it")
	for _, name := range []string{"output", "engine"} {
		if err := cmd.MarkFlagDirname(name); err != nil {
			panic(err) // a flag that does not exist
		}
	}
	choice.Complete(cmd, "listen", nil)
	choice.Complete(cmd, "allow-host", nil)
	return cmd
}

func (c *playgroundCommand) run(cmd *cobra.Command) error {
	flags := cmd.Flags()
	switch m := config.CheckListen(c.listen); {
	case c.force && c.output == "":
		return flagMissing("output", "--force is about that folder", "-o public/cors")
	case c.output != "" && (flags.Changed("listen") || flags.Changed("allow-host") || c.open):
		return usage(errors.New("--output writes files, and --listen, --allow-host and --open run the playground; choose one"))
	case m != nil:
		return usage(choice.Mistake("listen", m.Value, m.Why, m.Fix))
	}
	guard, err := hostguard.New(c.allowHosts...)
	if wrong := (*hostguard.NameError)(nil); errors.As(err, &wrong) {
		return usage(&dev.FlagError{Flag: "allow-host", Value: wrong.Name, Err: err})
	}
	e, err := c.load()
	if err != nil {
		return err
	}
	if c.output != "" {
		return c.write(e)
	}
	return c.serve(cmd.Context(), dev.Guarded(playground.Handler(e), guard), flags.Changed("listen"))
}

// load returns the engine: that of the flag, or that of the program.
func (c *playgroundCommand) load() (engine.Engine, error) {
	if c.engine != "" {
		e, err := engine.Load(c.engine)
		if err != nil {
			return e, &problem{status: ExitBroken, err: fmt.Errorf("--engine: %w", err), hint: "name a folder with corsac.wasm and wasm_exec.js, as make wasm writes them into bin"}
		}
		return e, nil
	}
	e, err := engine.BuiltIn()
	if err != nil {
		return e, &problem{status: ExitBroken, err: err, hint: "go install and go build leave it out: take a release, build corsac with \"make build\", or name an engine, which \"make wasm\" builds, with --engine bin"}
	}
	return e, nil
}

func (c *playgroundCommand) write(e engine.Engine) error {
	err := playground.Write(c.output, e, c.force)
	if errors.Is(err, playground.ErrOccupied) {
		return &problem{status: ExitBroken, err: fmt.Errorf("%s: %w", c.output, err), hint: "choose another folder, or add --force to write into this one"}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "wrote the playground into %s\nOpen %s in your browser, or put the folder on a website.\n", c.output, c.out.Good(filepath.Join(c.output, "index.html")))
	return err
}

// serve runs the playground's handler until ctx is done. fixed says that no other port
// will do.
func (c *playgroundCommand) serve(ctx context.Context, h http.Handler, fixed bool) error {
	log := logging.New(c.Err, logging.Options{Level: slog.LevelWarn})
	defer log.Close()
	defer logging.TakeOver(log.Logger)()
	s := dev.Static(h, c.listen, fixed, log.Logger)
	if err := s.Open(ctx); err != nil {
		if e := (*gateway.ListenError)(nil); errors.As(err, &e) {
			return cannotListen(&gateway.ListenError{Address: c.listen, Err: e.Err}, "with --listen")
		}
		return err
	}
	fmt.Fprintf(c.Out, "%s  %s\n%s\n", c.out.Strong("corsac playground"), c.out.Good(s.URL()+"/"), c.out.Faint("Press Ctrl-C to stop."))
	if c.open {
		if err := browser.OpenURL(s.URL() + "/"); err != nil {
			fmt.Fprintf(c.Err, "%s cannot open a browser (%v); open the address yourself\n", c.err.Notice("note:"), err)
		}
	}
	return s.Serve(ctx)
}
