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

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devproxy"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
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

	ring   *record.Ring
	proxy  *devproxy.Proxy
	server *Server
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
	if r.proxy, err = devproxy.New(r.options(r.Settings)); err != nil {
		return err
	}
	r.server = &Server{
		Handler: &front{record.Handler(r.proxy, r.ring, recorded), r.proxy},
		Listen:  r.Settings.Listen, Fixed: r.Settings.Fixed, TLS: r.TLS, Log: r.Log,
	}
	return r.server.Open(ctx)
}

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
		return r.server.Serve(ctx)
	}
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	written := make(chan error, 1)
	go func() { written <- r.HAR.Follow(ended, r.ring) }()
	err := r.server.Serve(ctx)
	end()
	if failed := <-written; failed != nil {
		err = errors.Join(err, fmt.Errorf("the recording is lost: %w", failed))
	}
	return err
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
	if err := r.proxy.Reload(r.options(s)); err != nil {
		return err
	}
	if s.Listen != r.Settings.Listen {
		r.Log.Warn("another address to listen on needs a restart", "listen", s.Listen)
	}
	return nil
}

// front is the handler of the server: the proxy, recorded.
type front struct {
	http.Handler

	proxy *devproxy.Proxy
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
		{r.StripPrefix, "without the prefix"},
		{r.Insecure, "any certificate"},
		{r.Faults.Delay > 0, "delay " + r.Faults.Delay.String()},
		{r.Faults.Status != 0, "fail " + r.Faults.Fail()},
		{r.Faults.Offline, "offline"},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return [2]string{r.Host + r.Path, strings.Join(words, ", ")}
}

// Ring returns the recording.
func (r *Runner) Ring() *record.Ring { return r.ring }
