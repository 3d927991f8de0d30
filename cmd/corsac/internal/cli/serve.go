package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/httproute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newServe) }

// serveCommand is corsac serve.
type serveCommand struct {
	*app

	// The flags except --config.
	upstream  string
	policy    choice.Policy
	routes    httproute.Source
	listen    string
	admin     string
	debug     bool
	check     bool
	logLevel  string
	logFormat string
	drain     time.Duration
	unready   time.Duration
	learn     string
	choices   choice.List
}

func newServe(a *app) *cobra.Command {
	c := &serveCommand{app: a}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a gateway that handles CORS for your servers",
		Long: `serve runs a reverse proxy that handles CORS for servers in any language: it
answers preflights, removes the CORS headers that the servers send, and sets
those of your policy on every response, including errors.

The policies and routes are in corsac.yaml, or in the file that -c names:

  policies:
    app:
      allow_origins: [https://app.example.com, "https://*.example.org"]
      allow_methods: [PUT, DELETE]
      allow_headers: [Authorization, Content-Type]
      allow_credentials: true
      max_age: 1h
  gateway:
    listen: :8080
    routes:
      - path: /api/                      # matches /api and everything below it
        upstream: http://127.0.0.1:9000
        policy: app

A route may also have a mode, which can keep the CORS headers that the server sets,
a policy on trial, a host, strip_prefix, max_body and more, and the gateway tls,
http3, plain_listen, limits, trusted_proxies, access_log and admin, which has metrics.
All fields are described in
https://github.com/corsac-dev/corsac/blob/main/docs/guide/gateway.md

For one upstream with one policy, you can use flags instead of a file. With
--httproute, the routes and policies are those of HTTPRoutes of Kubernetes.

Requests that the policy refuses are logged with the reason; with --debug,
browsers get the reason too. Of many lines that are alike, the log has the first
and how many were left out.

The file is read again when it changes, and on SIGHUP. Requests in flight keep the
old configuration. A file with mistakes is refused, and the old one keeps running.
Ctrl-C and SIGTERM stop serve when the requests in flight are finished; a second
one stops it at once. SIGHUP does the same in a terminal, which sends it when it is
closed, and if there is no file.

serve uses sockets of systemd (LISTEN_FDS), reports to it when it is ready, reloads
and stops (NOTIFY_SOCKET), and makes traces as the variables OTEL_… say.

The exit status is 0 after such a signal, 1 if there are mistakes in the file, 2
if there are mistakes in the flags, and 3 if serve cannot run.`,
		Example: `  corsac serve
  corsac serve -c deploy/corsac.yaml --listen 127.0.0.1:8081
  corsac serve -c deploy/corsac.yaml --check
  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000
  corsac serve --httproute shop.yaml --backend shop=http://127.0.0.1:9000
  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000 \
      --allow-method PUT --allow-header Content-Type --allow-credentials --listen :8080`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	c.register(cmd)
	return cmd
}

func (c *serveCommand) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	c.configFlag(cmd)
	flags.StringVar(&c.upstream, "upstream", "", "the `URL` of the server that gets the requests, instead of a file")
	c.policy.Register(cmd)
	c.routes.Register(flags)
	flags.StringVar(&c.admin, "admin", "", "the `ADDRESS` for those who run the gateway (default none, or that of the file)")
	flags.StringVar(&c.listen, "listen", "", "the `ADDRESS` to listen on (default "+config.DefaultListen+", or that of the file)")
	flags.BoolVar(&c.debug, "debug", false, "send browsers the reason for a refusal; this discloses the policy")
	flags.BoolVar(&c.check, "check", false, "check whether what would be served is right, print its hash, and exit")
	c.choices.Add(cmd, &c.logLevel, "log-level", "info", "log `LEVEL`: debug (each request), info (refusals), warn (failures), error", "debug", "info", "warn", "error")
	c.choices.Add(cmd, &c.logFormat, "log-format", "text", "log `FORMAT`: text or json", "text", "json")
	flags.DurationVar(&c.drain, "drain", 10*time.Second, "how long requests may take to finish after Ctrl-C: a `DURATION`")
	flags.DurationVar(&c.unready, "unready", 0, "how long to accept requests after /readyz says that serve stops: a `DURATION`")
	flags.StringVar(&c.learn, "learn", "", "append what pages ask for to `FILE`, for corsac learn")
	for _, name := range []string{"upstream", "listen", "admin", "backend", "drain", "unready"} {
		choice.Complete(cmd, name, nil)
	}
}

func (c *serveCommand) run(cmd *cobra.Command) error {
	if err := errors.Join(c.choices.Check()...); err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	log, err := logging.Open(c.Err, c.logLevel, c.logFormat)
	if err != nil {
		return err
	}
	cfg, err := c.configuration(cmd)
	if err != nil {
		return err
	}
	for _, note := range cfg.Notes() {
		if c.logFormat == "text" {
			c.note("%s", finding.Line(&note))
		} else {
			log.Info("note", "about", finding.Line(&note))
		}
	}
	if err := c.override(cfg); err != nil {
		return err
	}
	r := c.runner(cmd.Context(), cfg, log.Logger)
	if c.check {
		if err := r.Check(cmd.Context()); err != nil {
			return c.failure(cfg, err)
		}
		fmt.Fprintf(c.Out, "ok %s: %s, sha256 %s\n", cmp.Or(verdict.Printable(r.File), "flags"), report.Count(len(cfg.Gateway.Routes), "route", "routes"), cfg.Hash())
		return nil
	}
	defer log.Close()
	defer logging.TakeOver(log.Logger)()
	return c.failure(cfg, r.Run(cmd.Context()))
}

// runner returns what serves a configuration.
func (c *serveCommand) runner(ctx context.Context, cfg *config.Config, log *slog.Logger) *serve.Runner {
	r := &serve.Runner{
		Config: cfg, Log: log, Out: c.Out, Err: c.Err, Version: Version(), Debug: c.debug, Drain: c.drain, Unready: c.unready, Learn: c.learn,
		Parting: serve.DefaultParting, Inherit: systemd.Inherit, Notify: systemd.Notify,
	}
	r.Ready = func(address string) {
		if c.logFormat == "text" {
			r.Announce(c.Err, c.err, address)
		} else {
			log.Info("listening", "address", address, "routes", len(cfg.Gateway.Routes))
		}
	}
	files, read := c.routes.Files, c.routes.Load
	if len(files) == 0 {
		files, read = []string{c.config.String()}, func() (*config.Config, error) {
			cfg, err := c.config.Load(nil)
			if err == nil {
				err = errors.Join(cfg.NeedRoutes(), c.override(cfg))
			}
			return cfg, err
		}
	}
	if c.upstream != "" || !config.CanReadAgain(files...) {
		return r
	}
	r.File, r.Watch, r.Read = strings.Join(files, ", "), files, read
	if !terminal.Is(c.Err) { // which sends SIGHUP when it is closed
		r.Hangups = signals.Hangups(ctx)
	}
	return r
}

// override puts the values of flags into a configuration.
func (c *serveCommand) override(cfg *config.Config) error {
	if name, m := cfg.Override(c.listen, c.admin); m != nil {
		return usage(choice.Mistake(name, m.Value, m.Why, m.Fix))
	}
	return nil
}

// failure returns what the user gets to know of an error of the runner.
func (c *serveCommand) failure(cfg *config.Config, err error) error {
	if e := (*gateway.LoopError)(nil); errors.As(err, &e) {
		status := ExitFailed // the file has both the address and the upstream
		if c.upstream != "" || c.listen != "" {
			status = ExitUsage
		}
		return &problem{status: status, err: e, hint: e.Fix()}
	}
	if e := (*gateway.ListenError)(nil); errors.As(err, &e) {
		if e.Address != cfg.Gateway.Listen {
			return cannotListen(e, "in the file")
		}
		return cannotListen(e, "with --listen")
	}
	return err
}

// configuration returns the configuration in the flags or in the file.
func (c *serveCommand) configuration(cmd *cobra.Command) (*config.Config, error) {
	used := choice.PolicyFlags(cmd.Flags(), "upstream")
	switch {
	case c.routes.Given(cmd.Flags()):
		return c.fromRoutes(used)
	case len(used) == 0:
		return c.load(cmd)
	case c.config.Named():
		err := fmt.Errorf("--config and %s both say what to serve", strings.Join(used, ", "))
		return nil, &problem{status: ExitUsage, err: err, hint: "put everything in the file, or leave out --config and use only flags"}
	default:
		return c.fromFlags()
	}
}

func (c *serveCommand) load(cmd *cobra.Command) (*config.Config, error) {
	cfg, err := c.loadConfig(cmd.Context())
	if cmd.Context().Err() != nil {
		return nil, interrupted("")
	}
	if err == nil {
		err = cfg.NeedRoutes()
	}
	switch {
	case errors.As(err, new(finding.Mistakes)):
		return nil, c.mistaken(err)
	case err != nil && !c.config.Named():
		return nil, &problem{
			status: ExitBroken, err: err,
			hint: "name a file with -c FILE, or use flags:\n  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000",
		}
	case err != nil:
		return nil, unreadable(err, c.config.Named())
	}
	return cfg, nil
}

// mistaken prints what is wrong in files.
func (c *serveCommand) mistaken(err error) error {
	var mistakes finding.Mistakes
	errors.As(err, &mistakes)
	printMistakes(&report.Text{Writer: terminal.NewWriter(c.Err, c.Getenv)}, mistakes)
	return reported(ExitFailed)
}

// fromRoutes returns the configuration in HTTPRoutes. used are the flags that say what
// to serve, too.
func (c *serveCommand) fromRoutes(used []string) (*config.Config, error) {
	if c.config.Named() {
		used = append(used, "--config")
	}
	if err := c.override(&config.Config{}); err != nil {
		return nil, err
	}
	c.routes.Listen, c.routes.Admin = c.listen, c.admin
	cfg, err := c.routes.Begin(used)
	switch {
	case errors.As(err, new(finding.Mistakes)):
		err = c.mistaken(err)
	case errors.As(err, new(*httproute.FlagError)):
		err = usage(err)
	case errors.Is(err, fs.ErrNotExist):
		err = &problem{status: ExitBroken, err: err, hint: "correct the path after --httproute; kubectl get httproutes -A -o yaml prints those of a cluster"}
	}
	return cfg, err
}

// fromFlags returns the configuration in the flags.
func (c *serveCommand) fromFlags() (*config.Config, error) {
	if c.upstream == "" {
		return nil, flagMissing("upstream", "which server the requests go to", "--upstream http://127.0.0.1:9000")
	}
	upstream, m := config.ParseUpstream(c.upstream)
	if m != nil {
		return nil, usage(choice.Mistake("upstream", m.Value, m.Why, m.Fix))
	}
	if len(c.policy.Origins) == 0 {
		return nil, flagMissing("allow-origin", "whose pages may read responses", "--allow-origin http://localhost:3000")
	}
	p, err := c.policy.Policy()
	if err != nil {
		return nil, usage(err)
	}
	said := config.Of(upstream, p)
	if _, err := said.Middleware("flags"); err != nil {
		return nil, usage(c.policy.Mistakes(err))
	}
	return said, nil
}

func flagMissing(flag, what, example string) error {
	return &problem{status: ExitUsage, err: fmt.Errorf("--%s is missing: %s", flag, what), hint: "add it, such as " + example}
}
