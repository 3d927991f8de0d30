package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/corsac-extproc/internal/extproc"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/version"
)

// command is the command line.
type command struct {
	out, errs io.Writer
	began     bool // the flags are right
	log       *slog.Logger

	config           config.File
	extProc          string
	check, debug     bool
	logLevel, format string
	drain, unready   time.Duration
	learn            string
}

func (c *command) cobra() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corsac-extproc",
		Short: "Give Envoy the CORS policies of corsac.yaml",
		Long: `corsac-extproc is a server of Envoy's external processing API. Envoy asks it about
each request and response, and forwards the requests itself. It answers preflights,
removes the CORS headers that servers send, and sets those of your policy.

The policies and routes are in corsac.yaml, or in the file that -c names:

  policies:
    app:
      allow_origins: [https://app.example.com]
      allow_methods: [PUT, DELETE]
      allow_credentials: true
  gateway:
    ext_proc: 127.0.0.1:9002
    admin: 127.0.0.1:9090
    routes:
      - path: /api/
        policy: app

Requests that no route takes stay as they are. How to configure Envoy, Istio and Envoy
Gateway is described in
https://github.com/corsac-dev/corsac/blob/main/docs/guide/envoy.md

The file is read again when it changes, and on SIGHUP. The exit status is 0 after a
signal, 1 if there are mistakes in the file, 2 if there are mistakes in the flags, and
3 if the program cannot run.`,
		Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	cmd.Version = version.Read().Line("corsac-extproc")
	cmd.SetVersionTemplate("{{.Version}}\n")
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.VarP(&c.config, "config", "c", "the `FILE` with policies and routes; - is standard input")
	flags.StringVar(&c.extProc, "ext-proc", "", "the `ADDRESS` at which Envoy asks (default that of the file)")
	flags.BoolVar(&c.debug, "debug", false, "send browsers the reason for a refusal; this discloses the policy")
	flags.BoolVar(&c.check, "check", false, "check whether the file is right, print its hash, and exit")
	flags.StringVar(&c.logLevel, "log-level", "info", "log `LEVEL`: debug (each request), info (refusals), warn, error")
	flags.StringVar(&c.format, "log-format", "text", "log `FORMAT`: text or json")
	flags.DurationVar(&c.drain, "drain", 10*time.Second, "how long requests may take to finish after Ctrl-C: a `DURATION`")
	flags.DurationVar(&c.unready, "unready", 0, "how long to accept requests after /readyz and health checks say that the program stops: a `DURATION`")
	flags.StringVar(&c.learn, "learn", "", "append what pages ask for to `FILE`, for corsac learn")
	return cmd
}

func (c *command) run(ctx context.Context) error {
	log, err := logging.Open(c.errs, c.logLevel, c.format)
	if err != nil {
		return fmt.Errorf("--log-level %q is not one of debug, info, warn, error", c.logLevel)
	}
	if c.format != "text" && c.format != "json" {
		return fmt.Errorf("--log-format %q is not one of text, json", c.format)
	}
	if m := config.CheckListen(c.extProc); c.extProc != "" && m != nil {
		return fmt.Errorf("--ext-proc %q: %s; %s", c.extProc, m.Why, m.Fix)
	}
	c.began = true
	c.log = log.Logger
	cfg, err := c.load(os.Stdin)
	if err != nil {
		return err
	}
	for _, note := range cfg.Notes() {
		log.Info("note", "about", finding.Line(&note))
	}
	r := c.runner(ctx, cfg)
	r.Log = c.log
	if c.check {
		if err := r.Check(ctx); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "ok %s: sha256 %s\n", c.config.DisplayName(), cfg.Hash())
		return nil
	}
	defer log.Close()
	defer logging.TakeOver(log.Logger)()
	return r.Run(ctx)
}

// load reads the file.
func (c *command) load(stdin io.Reader) (*config.Config, error) {
	cfg, err := c.config.Load(stdin)
	if err != nil {
		return nil, err
	}
	if err := cfg.NeedExtProc(); err != nil {
		return nil, err
	}
	if c.extProc != "" {
		cfg.Gateway.ExtProc = c.extProc
	}
	withoutLimits(cfg, c.log)
	return cfg, nil
}

// withoutLimits leaves out the limits for clients: clients connect to Envoy, and Envoy's
// own connections must not be refused or closed for them. Whoever has set some gets to know.
func withoutLimits(cfg *config.Config, log *slog.Logger) {
	limits := &cfg.Gateway.Limits
	var ignored []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"connections", limits.Connections != 0},
		{"header_timeout", limits.HeaderTimeout != 0},
		{"idle_timeout", limits.IdleTimeout != 0},
		{"body_timeout", limits.BodyTimeout != 0},
		{"response_timeout", limits.ResponseTimeout != 0},
	} {
		if f.set {
			ignored = append(ignored, "gateway.limits."+f.name)
		}
	}
	if len(ignored) > 0 {
		log.Warn("these fields are ignored: clients connect to Envoy, whose own limits are configured there", "fields", strings.Join(ignored, ", "))
	}
	*limits = config.Limits{HeaderBytes: limits.HeaderBytes}
}

// runner returns what serves a configuration.
func (c *command) runner(ctx context.Context, cfg *config.Config) *serve.Runner {
	r := &serve.Runner{
		Config: cfg, Out: c.out, Err: c.errs, Version: version.Read().Version, Debug: c.debug, Drain: c.drain, Unready: c.unready, Learn: c.learn,
		ExtProc: extproc.Handler, Next: extproc.Next,
	}
	r.Ready = func(address string) { r.Log.Info("listening", "ext_proc", address, "routes", len(cfg.Gateway.Routes)) }
	if !config.CanReadAgain(c.config.String()) {
		return r
	}
	r.File = c.config.String()
	r.Read = func() (*config.Config, error) { return c.load(errorReader{}) }
	if !terminal.Is(os.Stderr) { // which sends SIGHUP when it is closed
		r.Hangups = signals.Hangups(ctx)
	}
	return r
}

// errorReader is standard input once it has been read.
type errorReader struct{}

// Read implements [io.Reader].
func (errorReader) Read([]byte) (int, error) { return 0, errors.New("standard input can be read once") }
