package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cors"
)

func init() { register(newServe) }

// serveFlags are the flags of serve, besides --config.
type serveFlags struct {
	upstream    string
	origins     []string
	methods     []string
	headers     []string
	expose      []string
	credentials bool
	maxAge      string
	listen      string
	debug       bool
	logLevel    string
	logFormat   string
	drain       time.Duration
}

// policyFlags are those that stand for a configuration file, each with the field
// of a policy that it sets.
var policyFlags = map[string]string{
	"allow-origin": "allow_origins", "allow-method": "allow_methods", "allow-header": "allow_headers",
	"expose-header": "expose_headers", "allow-credentials": "allow_credentials", "max-age": "max_age",
}

func newServe(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a gateway that owns CORS in front of your servers",
		Long: `serve runs a reverse proxy that owns CORS, in front of servers in any language:
it answers preflights, removes whatever the servers say about CORS, and puts the
headers of your policy on every response, errors included.

What it serves is in corsac.yaml, or in the file that -c names:

  policies:
    app:
      allow_origins: [https://app.example.com, "https://*.example.org"]
      allow_methods: [GET, POST, PUT, DELETE]
      allow_headers: [Authorization, Content-Type]
      allow_credentials: true
      max_age: 1h
  gateway:
    listen: :8080
    routes:
      - path: /api/                      # takes /api and all below it
        upstream: http://127.0.0.1:9000
        policy: app

A route may also have a host (api.example.com or *.example.com), preserve_host
(true passes the Host of the request on), and a timeout for the beginning of a
response (1m if there is none).

One upstream with one policy can be said in flags instead.

Requests that the policy refuses are logged with the reason; with --debug,
browsers are told too. Ctrl-C stops serve when its requests are done, a second
Ctrl-C at once.

The exit status is 0 after Ctrl-C, 1 if there are mistakes in the file, 2 if
there are some in the flags, and 3 if it cannot serve.`,
		Example: `  corsac serve
  corsac serve -c deploy/corsac.yaml --listen 127.0.0.1:8081
  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000
  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000 \
      --allow-method PUT --allow-header Content-Type --allow-credentials --listen :8080`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd, &f) },
	}
	f.register(cmd.Flags())
	completeFlags(cmd)
	return cmd
}

func (f *serveFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.upstream, "upstream", "", "the `URL` of the server behind the gateway, instead of a file")
	flags.StringArrayVar(&f.origins, "allow-origin", nil, "an `ORIGIN` whose pages may read responses; repeatable")
	flags.StringArrayVar(&f.methods, "allow-method", nil, "a `METHOD` besides GET, HEAD and POST; repeatable")
	flags.StringArrayVar(&f.headers, "allow-header", nil, "a request header, by `NAME`, that pages may set; repeatable")
	flags.StringArrayVar(&f.expose, "expose-header", nil, "a response header, by `NAME`, that pages may read; repeatable")
	flags.BoolVar(&f.credentials, "allow-credentials", false, "allow requests with cookies and the like")
	flags.StringVar(&f.maxAge, "max-age", "", "how long browsers may remember a preflight: a `DURATION` such as 1h")
	flags.StringVar(&f.listen, "listen", "", "the `ADDRESS` to listen on (default "+config.DefaultListen+", or that of the file)")
	flags.BoolVar(&f.debug, "debug", false, "tell browsers why something is refused; discloses the policy")
	flags.StringVar(&f.logLevel, "log-level", "info", "`LEVEL` of the log: debug (each request), info (refusals), warn (failures), error")
	flags.StringVar(&f.logFormat, "log-format", "text", "`FORMAT` of the log: text or json")
	flags.DurationVar(&f.drain, "drain", 10*time.Second, "how long requests may take to end after Ctrl-C: a `DURATION`")
}

// completeFlags gives the shells what values the flags have.
func completeFlags(cmd *cobra.Command) {
	for name, values := range map[string][]string{
		"log-level":    {"debug", "info", "warn", "error"},
		"log-format":   {"text", "json"},
		"allow-method": {"PUT", "DELETE", "PATCH", "*"},
		"allow-header": {"Authorization", "Content-Type", "*"},
		"upstream":     {}, "allow-origin": {}, "expose-header": {}, "max-age": {}, "listen": {}, "drain": {},
	} {
		fn := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		if err := cmd.RegisterFlagCompletionFunc(name, fn); err != nil {
			panic(err) // a flag that does not exist
		}
	}
}

func (a *app) serve(cmd *cobra.Command, f *serveFlags) error {
	log, err := f.logger(a)
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	c, err := a.serveConfig(cmd, f)
	if err != nil {
		return err
	}
	if f.listen != "" {
		if m := config.CheckListen(f.listen); m != nil {
			return flagMistake("listen", m.Value, m.Why, m.Fix)
		}
		c.Gateway.Listen = f.listen
	}
	for _, r := range c.Gateway.Routes {
		if config.Loops(c.Gateway.Listen, r.Upstream) {
			return &problem{
				status: ExitUsage,
				err:    fmt.Errorf("the gateway would listen on %s, which is its upstream, so requests would come back to it", c.Gateway.Listen),
				hint:   "choose another address with --listen, such as --listen 127.0.0.1:8081",
			}
		}
	}
	h, err := gateway.New(c, gateway.Options{Logger: log, Debug: f.debug})
	if err != nil {
		return err
	}
	s := &server{config: c, handler: h, log: log, drain: f.drain, announce: func(address string) {
		if f.logFormat == "text" {
			a.announce(c, address)
		} else {
			log.Info("listening", "address", address, "routes", len(c.Gateway.Routes))
		}
	}}
	return s.run(cmd.Context())
}

// serveConfig returns the configuration that the flags or the file say.
func (a *app) serveConfig(cmd *cobra.Command, f *serveFlags) (*config.Config, error) {
	var used []string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if _, ok := policyFlags[flag.Name]; ok || flag.Name == "upstream" {
			used = append(used, "--"+flag.Name)
		}
	})
	switch {
	case len(used) == 0:
		return a.loadConfig(cmd)
	case cmd.Flags().Changed("config"):
		return nil, &problem{
			status: ExitUsage,
			err:    fmt.Errorf("--config and %s both say what to serve", strings.Join(used, ", ")),
			hint:   "write it in the file, or leave --config out and say all in flags",
		}
	default:
		return f.config()
	}
}

func (a *app) loadConfig(cmd *cobra.Command) (*config.Config, error) {
	c, err := config.Load(a.config, a.In)
	if err == nil {
		err = c.NeedRoutes()
	}
	var mistakes config.Errors
	switch {
	case errors.As(err, &mistakes):
		printMistakes(a.Err, a.err, mistakes)
		return nil, told(ExitFailed)
	case err != nil && !cmd.Flags().Changed("config"):
		return nil, &problem{
			status: ExitBroken, err: err,
			hint: "name a file with -c FILE, or say it in flags:\n  corsac serve --upstream http://127.0.0.1:9000 --allow-origin http://localhost:3000",
		}
	case err != nil:
		return nil, unreadable(err)
	}
	return c, nil
}

// config returns the configuration that the flags say.
func (f *serveFlags) config() (*config.Config, error) {
	if f.upstream == "" {
		return nil, flagMissing("upstream", "which server the requests go to", "--upstream http://127.0.0.1:9000")
	}
	upstream, m := config.ParseUpstream(f.upstream)
	if m != nil {
		return nil, flagMistake("upstream", m.Value, m.Why, m.Fix)
	}
	if len(f.origins) == 0 {
		return nil, flagMissing("allow-origin", "whose pages may read responses", "--allow-origin http://localhost:3000")
	}
	p := cors.Policy{
		AllowOrigins: f.origins, AllowMethods: f.methods, AllowHeaders: f.headers,
		ExposeHeaders: f.expose, AllowCredentials: f.credentials,
	}
	if err := p.MaxAge.UnmarshalText([]byte(f.maxAge)); err != nil {
		return nil, flagMistake("max-age", f.maxAge, "it is not a duration", `write one such as "1h"`)
	}
	c := &config.Config{
		Policies: map[string]cors.Policy{"flags": p},
		Gateway: config.Gateway{
			Listen: config.DefaultListen,
			Routes: []config.Route{{Path: "/", Upstream: upstream, Policy: "flags"}},
		},
	}
	if _, err := c.Middleware("flags"); err != nil {
		return nil, f.policyMistakes(err)
	}
	return c, nil
}

// policyMistakes says what is wrong with a policy in terms of the flags.
func (f *serveFlags) policyMistakes(err error) error {
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
		return err
	}
	flags := map[string]string{}
	for flag, field := range policyFlags {
		flags[field] = flag
	}
	var lines []string
	for _, m := range mistakes {
		flag, ok := flags[m.Field]
		if !ok {
			flag = m.Field
		}
		if m.Code == cors.CodeMaxAgeRange {
			m.Value = f.maxAge // as it was written
		}
		lines = append(lines, mistakeLine(flag, m.Value, m.Why, inFlags(m.Fix)))
	}
	return &problem{status: ExitUsage, err: errors.New(strings.Join(lines, "\n"))}
}

// inFlags says a fix that is in terms of a file in terms of flags.
func inFlags(fix string) string {
	fix = strings.ReplaceAll(fix, "allow_credentials", "--allow-credentials")
	if before, _, ok := strings.Cut(fix, "; if you must, set dangerously_"); ok {
		return before
	}
	return fix
}

func mistakeLine(flag, value, why, fix string) string {
	s := fmt.Sprintf("--%s %q: %s", flag, value, why)
	if fix != "" {
		s += "; " + fix
	}
	return s
}

func flagMistake(flag, value, why, fix string) error {
	return &problem{status: ExitUsage, err: errors.New(mistakeLine(flag, value, why, fix))}
}

func flagMissing(flag, what, example string) error {
	return &problem{status: ExitUsage, err: fmt.Errorf("--%s is missing: %s", flag, what), hint: "add it, such as " + example}
}

// logger returns the logger that the flags say.
func (f *serveFlags) logger(a *app) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level %q: there is no such level; write debug, info, warn or error", f.logLevel)
	}
	o := &slog.HandlerOptions{Level: level}
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(a.Err, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.Err, o)), nil
	default:
		return nil, fmt.Errorf("--log-format %q: there is no such format; write text or json", f.logFormat)
	}
}
