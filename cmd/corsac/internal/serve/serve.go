// Package serve runs corsac serve: it listens, reads the configuration again when it
// changes, and stops.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
)

// Runner is corsac serve.
type Runner struct {
	// Config is what is served first.
	Config *config.Config
	// File is the file of the configuration, or "" if it cannot be read again.
	File string
	// Watch are the files whose changes count. Nil means File.
	Watch []string
	// Read reads the file again.
	Read func() (*config.Config, error)
	// Hangups asks for the file to be read again, as changes of the file do.
	Hangups <-chan struct{}

	Log *slog.Logger
	// Debug lets refusals say which check failed.
	Debug bool
	// Drain is how long requests may take to finish once the runner stops.
	Drain time.Duration
	// Unready is how long the runner goes on accepting requests after /readyz says
	// that it stops, so that those who send requests notice.
	Unready time.Duration
	// ExtProc, if not nil, returns what speaks to Envoy at ext_proc, and serves nothing
	// else. Its handler gets HTTP/2, and next what the gateway passes on.
	ExtProc func(g *gateway.Gateway) http.Handler
	// Next is [gateway.Options.Next].
	Next http.Handler
	// Ready is called with the address when the runner listens.
	Ready func(address string)

	gateway *gateway.Gateway
	doors   []door
	aside   *door         // for the admin address; nil without one
	certs   *certs.Source // nil without TLS
	reloads reloads

	stopping atomic.Bool
	unfollow func() // ends followCertificates; nil if nothing is followed
}

// Run serves until ctx is done, and then until the requests in flight are
// finished or Drain has passed. An error is a [*gateway.LoopError], or a
// [*gateway.ListenError], if nothing was served.
func (r *Runner) Run(ctx context.Context) error {
	if err := findLoop(ctx, r.Config.Gateway); err != nil {
		return err
	}
	o := gateway.Options{Logger: r.Log, Debug: r.Debug, Next: r.Next}
	registry := prometheus.NewRegistry()
	if r.Config.Gateway.Admin != "" {
		o.Metrics = gateway.NewMetrics(registry)
		r.collect(registry)
	}
	var err error
	if r.gateway, err = gateway.New(r.Config, o); err != nil {
		return err
	}
	r.reloads.begin(r.Config, time.Now())
	if err := r.open(ctx); err != nil {
		return err
	}
	r.followCertificates(ctx, r.Config.Gateway.TLS)
	defer r.endCertificates()
	// From here on, somebody may have the file read again.
	if err := r.openAdmin(ctx, registry); err != nil {
		r.close()
		return err
	}
	defer r.closeAdmin()
	r.Ready(r.doors[0].Addr().String())
	r.begun()
	failed := r.serve()
	following, stop := context.WithCancel(ctx)
	defer stop()
	if r.certs != nil {
		if err := r.certs.Start(following); err != nil {
			r.Log.Warn("certificates will not be issued or renewed", "reason", err)
		}
	}
	r.follow(following)
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	return r.stop(ctx)
}

// begun logs which file runs, and the addresses besides that of the gateway.
func (r *Runner) begun() {
	if r.File == "" {
		return
	}
	words := []any{"file", r.File, "hash", r.Config.Hash(), "routes", len(r.Config.Gateway.Routes)}
	if address := r.PlainAddress(); address != "" {
		words = append(words, "plain_listen", address)
	}
	if address := r.AdminAddress(); address != "" {
		words = append(words, "admin", address)
	}
	r.Log.Info("configuration read", words...)
}

// stop lets the requests in flight finish.
func (r *Runner) stop(ctx context.Context) error {
	r.stopping.Store(true)
	if errors.Is(context.Cause(ctx), signals.ErrHangup) {
		r.Log.Warn("SIGHUP: draining and stopping, since there is no file to read again or serve runs in a terminal, which sends it when it is closed", "drain", r.Drain)
	} else {
		r.Log.Info("stopping", "drain", r.Drain)
	}
	time.Sleep(r.Unready)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Drain)
	defer cancel()
	if err := r.shutdown(drain); err != nil {
		r.Log.Warn("requests were aborted", "reason", err)
	}
	return nil
}
