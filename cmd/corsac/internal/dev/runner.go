package dev

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devproxy"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/origin"
)

// The bounds of the recording, which keeps the latest exchanges.
const (
	maxExchanges = 10_000
	maxBytes     = 64 << 20
	maxSecrets   = 16 << 20
)

// recorded is the name of the proxy in recordings.
const recorded = "corsac dev"

// Runner is corsac dev, with its recording.
type Runner struct {
	Settings *Settings
	TLS      *tls.Config // nil for http
	Log      *slog.Logger
	HAR      *HAR // nil for none
	// PageOrigin and APIOrigin are where page and API are in production; "" is where
	// they are now.
	PageOrigin, APIOrigin string

	ring      *record.Ring
	proxy     *devproxy.Proxy
	inspector *inspector.Inspector
	server    *Server
	aside     *Server // of the inspector alone; nil for none
	current   atomic.Pointer[Settings]
}

// Open makes the proxy and begins to listen. An error is a [*gateway.ListenError] if
// it cannot listen.
func (r *Runner) Open(ctx context.Context) (err error) {
	r.ring = record.NewRing(maxExchanges, maxBytes)
	if r.HAR != nil {
		if err := r.HAR.check(); err != nil {
			return err
		}
		r.ring = record.NewRing(maxExchanges, maxHARBytes)
		r.ring.KeepContent(maxContent)
	}
	r.ring.KeepSecrets(maxSecrets)
	r.current.Store(r.Settings)
	if r.proxy, err = devproxy.New(r.options(r.Settings)); err != nil {
		return err
	}
	o := inspector.Options{Ring: r.ring, PageOrigin: r.PageOrigin, APIOrigin: r.APIOrigin, Faults: r.proxy, Ask: r.proxy.Ask, Current: r.world}
	if e, err := engine.BuiltIn(); err == nil { // otherwise there is no playground
		o.Playground = playground.Handler(e)
	}
	if r.inspector, err = inspector.New(o); err != nil { // of one of the two flags, which it names
		flag := "api-origin"
		if _, wrong := origin.ParseURL(r.PageOrigin); r.PageOrigin != "" && wrong != nil {
			flag = "page-origin"
		}
		return &FlagError{flag, "", err}
	}
	r.server = &Server{
		Handler: &front{record.Handler(r.proxy, r.ring, recorded), forward.Prompt(r.inspector), r.proxy},
		Listen:  r.Settings.Listen, Fixed: r.Settings.Fixed, TLS: r.TLS, Log: r.Log,
		Plain:  forward.Prompt(http.HandlerFunc(r.proxy.RedirectToTLS)),
		Avoids: r.Settings.avoids,
	}
	r.warn(r.Settings)
	if err := r.server.Open(ctx); err != nil || r.Settings.Inspector == "" {
		return err
	}
	r.aside = Static(r.inspector, r.Settings.Inspector, true, r.Log)
	if err := r.aside.Open(ctx); err != nil {
		r.server.Close()
		return &FlagError{"inspector", r.Settings.Inspector, err}
	}
	return nil
}

// InspectorURL returns the address of the inspector, once it is open.
func (r *Runner) InspectorURL() string {
	if r.aside != nil {
		return r.aside.URL() + inspector.Path
	}
	return r.URL() + inspector.Path
}

// world is what the inspector knows besides the recording.
func (r *Runner) world() inspector.Current {
	s := r.current.Load()
	return inspector.Current{Web: s.Proxy.Web, Config: s.File, ConfigFile: s.FileName, AllowsHost: r.proxy.Allows}
}

// Inspector returns the page that shows what is recorded, once the runner is open.
func (r *Runner) Inspector() *inspector.Inspector { return r.inspector }

func (r *Runner) options(s *Settings) devproxy.Options {
	o := s.Proxy
	o.Log, o.Plain = r.Log, r.HAR != nil
	return o
}

// URL returns the address of the proxy, once it is open.
func (r *Runner) URL() string { return r.server.URL() }

// Serve serves until ctx is done, and then writes the HAR file.
func (r *Runner) Serve(ctx context.Context) error {
	if r.HAR == nil {
		return r.serve(ctx)
	}
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	written := make(chan error, 1)
	go func() { written <- r.HAR.Follow(ended, r.ring) }()
	err := r.serve(ctx)
	end()
	if failed := <-written; failed != nil {
		err = errors.Join(err, fmt.Errorf("the recording is lost: %w", failed))
	}
	return err
}

// serve serves the proxy and, if it has an address of its own, the inspector, until
// one of them fails or ctx is done.
func (r *Runner) serve(ctx context.Context) error {
	if r.aside == nil {
		return r.server.Serve(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	for _, s := range []*Server{r.server, r.aside} {
		go func() { ended <- s.Serve(ctx) }()
	}
	err := <-ended
	stop()
	return errors.Join(err, <-ended)
}

// Reload replaces the settings, except where to listen, and where the command that runs
// has the page. If there is an error, the old ones stay.
func (r *Runner) Reload(s *Settings) error {
	if s.Command && s.Proxy.Web == nil {
		var err error
		if s, err = s.WithWeb(r.Settings.Proxy.Web); err != nil {
			return err
		}
	}
	if err := s.loop(r.server.opened); err != nil {
		return err
	}
	if err := r.proxy.Reload(r.options(s)); err != nil {
		return err
	}
	r.current.Store(s)
	r.warn(s)
	if s.Listen != r.Settings.Listen {
		r.Log.Warn("another address to listen on needs a restart", "listen", s.Listen)
	}
	return nil
}

// front is the handler of the server: the inspector, and the proxy, recorded.
type front struct {
	recorded  http.Handler
	inspector http.Handler
	proxy     *devproxy.Proxy
}

// ServeHTTP implements [http.Handler].
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, inspector.Path) {
		f.inspector.ServeHTTP(w, r)
		return
	}
	f.recorded.ServeHTTP(w, r)
}

// ServeRefused implements [forward.Refuser].
func (f *front) ServeRefused(w http.ResponseWriter, r *http.Request, status int) {
	f.proxy.ServeRefused(w, r, status)
}

// Lines returns what leads where, for people: paths, and servers with what is special
// about them.
func (s *Settings) Lines() (lines [][2]string) {
	for i := range s.Proxy.Routes {
		lines = append(lines, lineOf(&s.Proxy.Routes[i], s.Proxy.Replay != nil))
	}
	switch {
	case s.Proxy.Web != nil && s.Proxy.ServeWeb:
		lines = append(lines, [2]string{"/", s.Proxy.Web.String() + ", the page"})
	case s.Proxy.Web != nil:
		lines = append(lines, [2]string{"the page", "stays at " + s.PageOrigin()})
	}
	return lines
}

func lineOf(r *devroute.Route, replays bool) [2]string {
	target := r.Upstream
	switch {
	case r.Mock != nil && r.Mock.File == "":
		target = fmt.Sprintf("mock %d, without a body", cmp.Or(r.Mock.Status, http.StatusOK))
	case r.Mock != nil:
		target = "mock " + r.Mock.File
	case replays:
		target = "answers of the recording"
	}
	words := []string{target}
	for _, w := range []struct {
		is   bool
		word string
	}{
		{r.Mode != "" && r.Mode != devroute.SameOrigin, "mode " + string(r.Mode)},
		{r.Policy != "", "policy " + r.Policy},
		{serverGets(r) != "" && !replays, serverGets(r)},
		{r.StripPrefix, "without the prefix"},
		{r.Insecure, "any certificate"},
		{r.Faults != devroute.Faults{}, r.Faults.String()},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return [2]string{r.Host + r.Path, strings.Join(words, ", ")}
}

// Ring returns the recording.
func (r *Runner) Ring() *record.Ring { return r.ring }
