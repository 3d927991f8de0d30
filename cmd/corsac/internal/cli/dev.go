package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/child"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newDev) }

// devCommand is corsac dev.
type devCommand struct {
	*app

	flags                 dev.Flags
	open                  bool
	https                 bool
	pageOrigin, apiOrigin string
	har                   string
	secrets               bool
	logLevel              string
	logFormat             string
	choices               choice.List
}

func newDev(a *app) *cobra.Command {
	c := &devCommand{app: a}
	cmd := &cobra.Command{
		Use:   "dev [flags] [-- COMMAND...]",
		Short: "Run a development proxy: page and API on one origin",
		Long: `dev runs a proxy for development. In the mode same-origin, the browser gets the
page and the API from one origin, so that CORS does not apply:

  corsac dev --api :8080 --web :5173

  http://localhost:4100/api/...   is the API at http://localhost:8080
  http://localhost:4100/...       is the page at http://localhost:5173,
                                  with its WebSocket for reloading

Redirects and cookies of the servers are translated, so that they work on plain
http://localhost. After --, the command that starts the page's server may stand in
place of --web. Without any server, dev runs a sample.

Other modes: add leaves the page where it is, and answers with the CORS headers
that it needs; observe changes nothing; enforce applies a policy of corsac.yaml as
production will. Options of one API stand behind its URL: strip-prefix, insecure
(accept every certificate), private (a public name may lead into a private
network), offline, delay=300ms, fail=500@10%. The same in corsac.yaml, which is
read again when it changes:

  dev:
    web: :5173
    routes:
      - {path: /api, upstream: :8080}
      - {path: /v1, upstream: "https://staging.example.com", strip_prefix: true}
      - {path: /users, mock: {file: users.json, status: 200}}

dev listens on loopback addresses unless --listen says otherwise, and refuses
requests for hosts that are not of this machine, unless --allow-host names them.

The exit status is that of COMMAND, also after Ctrl-C; without one, it is 0 after
Ctrl-C. It is 1 if there are mistakes in the file, 2 if there are mistakes in the
flags, and 3 if dev cannot run.`,
		Example: `  corsac dev
  corsac dev --api :8080 --web :5173
  corsac dev --api :8080 -- npm run dev
  corsac dev --api /v1=https://staging.example.com,strip-prefix --web :5173
  corsac dev --api :8080 --web :5173 --mode add
  corsac dev --api :8080 --web :5173 --delay 300ms --fail 500@10%`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	c.register(cmd)
	return cmd
}

func (c *devCommand) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&c.flags.APIs, "api", nil, "an API, `[/PREFIX=]URL[,OPTION]`; may be repeated")
	flags.StringVar(&c.flags.Web, "web", "", "the `URL` of the page's server")
	flags.StringVar(&c.flags.Listen, "listen", "", "the `ADDRESS` to listen on (default "+dev.DefaultListen+", or that of the file)")
	c.configFlag(cmd)
	c.choices.Add(cmd, &c.flags.Mode, "mode", "", "what to do about CORS: same-origin, add, observe or enforce; a `MODE`", "same-origin", "add", "observe", "enforce")
	flags.StringVar(&c.flags.Policy, "policy", "", "the `NAME` of the policy for --mode enforce, if the file has several")
	flags.StringArrayVar(&c.flags.AllowHosts, "allow-host", nil, "a `HOST` under which the proxy may be reached; may be repeated")
	flags.BoolVar(&c.flags.StripPrefix, "strip-prefix", false, "remove its prefix from what each API sees")
	flags.BoolVar(&c.flags.Insecure, "insecure", false, "accept every certificate of the APIs")
	flags.DurationVar(&c.flags.Delay, "delay", 0, "let each request to an API wait for a `DURATION`")
	flags.StringVar(&c.flags.Fail, "fail", "", "let requests to the APIs fail: a `STATUS` and a share, such as 500@10%")
	flags.BoolVar(&c.flags.Offline, "offline", false, "let requests to the APIs get no answer")
	flags.StringVar(&c.pageOrigin, "page-origin", "", "the `ORIGIN` of the page in production, for the inspector")
	flags.StringVar(&c.apiOrigin, "api-origin", "", "the `ORIGIN` of the API in production, for the inspector")
	flags.StringVar(&c.flags.Inspector, "inspector", "", "serve the inspector on an `ADDRESS` of its own, too, such as :4101")
	flags.BoolVar(&c.https, "https", false, "serve https and HTTP/2, with a certificate of this machine; see corsac trust")
	flags.BoolVar(&c.open, "open", false, "open the page in your browser")
	flags.StringVar(&c.har, "har", "", "record into a HAR `FILE`, with bodies up to 1 MiB")
	flags.BoolVar(&c.secrets, "har-secrets", false, "do not mask credentials in the HAR file")
	flags.StringVar(&c.flags.Replay, "replay", "", "answer in place of the APIs with the responses of a HAR `FILE`")
	c.choices.Add(cmd, &c.logLevel, "log-level", "info", "log `LEVEL`: debug (each change), info (each request), warn (failures), error", "debug", "info", "warn", "error")
	c.choices.Add(cmd, &c.logFormat, "log-format", "text", "log `FORMAT`: text or json", "text", "json")
	flaghelp.Group(flags, "What goes wrong on purpose", "delay", "fail", "offline")
	flaghelp.Group(flags, "Recording", "har", "har-secrets", "replay")
	flaghelp.Group(flags, "The log", "log-level", "log-format")
	for _, name := range []string{"api", "web", "listen", "policy", "allow-host", "page-origin", "api-origin", "inspector", "delay", "fail"} {
		choice.Complete(cmd, name, nil)
	}
}

func (c *devCommand) run(cmd *cobra.Command, args []string) error {
	if err := errors.Join(c.choices.Check()...); err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	if c.secrets && c.har == "" {
		return flagMissing("har", "--har-secrets is about that file", "--har recording.har")
	}
	log, err := logging.Open(c.Err, c.logLevel, c.logFormat)
	if err != nil {
		return err
	}
	defer log.Close()
	defer logging.TakeOver(log.Logger)()
	c.flags.Command = len(args) > 0
	s, err := c.settings()
	if mistakes := finding.Mistakes(nil); errors.As(err, &mistakes) {
		printMistakes(&report.Text{Writer: terminal.NewWriter(c.Err, c.Getenv)}, mistakes)
		return reported(ExitFailed)
	}
	if err != nil {
		return err
	}
	switch {
	case len(args) > 0 && cmd.ArgsLenAtDash() != 0:
		return &problem{status: ExitUsage, err: fmt.Errorf("%q is neither a flag nor a command", args[0]), hint: "name an API with --api, the page with --web, or put a command after --"}
	case len(args) > 0:
		return c.runWith(cmd, args, s, log)
	}
	return c.serve(cmd.Context(), s, log)
}

// runWith runs the proxy with the page's server, which args start, until either ends.
func (c *devCommand) runWith(cmd *cobra.Command, args []string, s *dev.Settings, log *logging.Log) error {
	ctx := cmd.Context()
	web, err := dev.StartCommand(context.WithoutCancel(ctx), args, terminal.NewRelay(c.Out, c.out), s)
	if err != nil {
		return &problem{status: ExitBroken, err: err, hint: "put the command that starts the page's server after --, such as -- npm run dev"}
	}
	web.Log = log.Logger
	if terminal.Is(c.In) {
		web.Ask = c.console().AskForAddress
	}
	status, err := web.Run(ctx, s, func(ctx context.Context, s *dev.Settings) error { return c.serve(ctx, s, log) })
	if unknown := (*dev.UnknownError)(nil); errors.As(err, &unknown) {
		return &problem{status: ExitBroken, err: err, hint: "say it with --web, such as --web :5173"}
	}
	if ended := (*child.EndedError)(nil); errors.As(err, &ended) {
		log.Warn("the command has ended before it said where it listens", "status", status)
	} else if err != nil {
		return err
	}
	if status != 0 {
		return reported(status)
	}
	return nil
}

// settings returns what the flags and the file say. The error is [finding.Mistakes] if
// the file has any.
func (c *devCommand) settings() (*dev.Settings, error) {
	file, err := c.config.Load(c.In)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !c.config.Named():
		file = nil
	case errors.As(err, new(finding.Mistakes)):
		return nil, err
	case err != nil:
		return nil, unreadable(err, true)
	}
	s, err := dev.Combine(c.flags, file)
	if s != nil {
		s.FileName = c.config.String()
	}
	if wrong := (*dev.FlagError)(nil); errors.As(err, &wrong) {
		return nil, usage(err)
	}
	return s, err
}

// serve runs the proxy until it is stopped.
func (c *devCommand) serve(ctx context.Context, s *dev.Settings, log *logging.Log) error {
	sample := s.IsEmpty()
	if sample {
		var err error
		if c.flags, err = dev.Sample(ctx, c.flags); err == nil {
			s, err = c.settings()
		}
		if err != nil {
			return err
		}
	}
	r := &dev.Runner{Settings: s, Log: log.Logger, PageOrigin: c.pageOrigin, APIOrigin: c.apiOrigin}
	if c.har != "" {
		r.HAR = &dev.HAR{File: c.har, Secrets: c.secrets, Version: Version()}
	}
	if c.https {
		var trusted bool
		var err error
		if r.TLS, trusted, err = dev.HTTPS(ctx); err != nil {
			return err
		}
		if !trusted {
			log.Warn("browsers do not trust the certificate of corsac dev yet", "fix", "corsac trust install")
		}
	}
	if err := r.Open(ctx); err != nil {
		if e := (*gateway.ListenError)(nil); errors.As(err, &e) {
			if wrong := (*dev.FlagError)(nil); errors.As(err, &wrong) {
				return cannotListen(&gateway.ListenError{Address: wrong.Value, Err: e.Err}, "with --"+wrong.Flag)
			}
			return cannotListen(e, "with --listen")
		}
		if errors.As(err, new(*dev.FlagError)) {
			return usage(err)
		}
		return err
	}
	if !sample && c.config.String() != config.Stdin {
		r.Follow(ctx, s.FileName, func() (*dev.Settings, error) { return c.settings() })
	}
	if c.logFormat == "json" {
		r.Log.Info("listening", "address", r.URL())
	} else {
		c.console().Announce(r, sample)
	}
	if c.open {
		r.OpenPage()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer c.console().Keys(ctx, stop, r)()
	live := &dev.Live{Inspector: r.Inspector(), Failures: !log.Enabled(ctx, slog.LevelInfo)}
	show := live.Log(log.Logger)
	if c.logFormat == "text" {
		show = live.Text(c.Err, c.err)
	}
	var shown sync.WaitGroup
	if log.Enabled(ctx, slog.LevelWarn) {
		shown.Go(func() { live.Follow(ctx, r.Ring(), show) })
	}
	err := r.Serve(ctx)
	stop()
	shown.Wait()
	return err
}

// console is the terminal of who runs the command.
func (c *devCommand) console() *dev.Console {
	return &dev.Console{In: c.In, Out: c.Err, Palette: c.err}
}
