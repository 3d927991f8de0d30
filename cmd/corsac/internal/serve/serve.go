// Package serve runs corsac serve: it listens, reads the configuration again when it
// changes, and stops.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/collect"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/h3"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
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
	// Out and Err are the streams for access logs.
	Out, Err io.Writer
	// Version is that of the program.
	Version string
	// Inherit returns the sockets with which the program was started, of those with some
	// names; nil if there are none. Where there is none, the runner listens itself.
	Inherit func(names []string) (*systemd.Sockets, error)
	// Notify reports the state of the program to the service manager; nil if nobody listens.
	Notify func(state string) error
	// Debug lets refusals say which check failed.
	Debug bool
	// Drain is how long requests may take to finish once the runner stops.
	Drain time.Duration
	// Unready is how long the runner goes on accepting requests after /readyz says
	// that it stops, so that those who send requests notice.
	Unready time.Duration
	// Learn is a file to which what pages ask for is appended; "" for none.
	Learn string
	// Parting, such as [DefaultParting], is how long connections stay open once no others
	// are accepted, so that clients get to know with their last response that they close.
	Parting time.Duration
	// ExtProc, if not nil, returns what speaks to Envoy at ext_proc, and serves nothing
	// else. Its handler gets HTTP/2, and next what the gateway passes on. stopping reports
	// what /readyz does.
	ExtProc func(g *gateway.Gateway, stopping func() bool) http.Handler
	// Next is [gateway.Options.Next].
	Next http.Handler
	// Ready is called with the address when the runner listens.
	Ready func(address string)

	gateway *gateway.Gateway
	door    *forward.Door // of all doors
	doors   []door
	aside   *door      // for the admin address; nil without one
	quic    *h3.Server // nil without HTTP/3
	sockets systemd.Sockets
	certs   *certs.Source // nil without TLS
	access  *accesslog.Log
	metrics *gateway.Metrics // nil without an admin address
	started time.Time
	reloads reloads

	stopping  atomic.Bool
	notifying sync.Mutex // so that a state which is no longer true is not the last

	unfollow  func() // ends followCertificates; nil if nothing is followed
	recertify func() // reads what is followed; nil if nothing is
}

// Run serves until ctx is done, and then until the requests in flight are
// finished or Drain has passed. An error is a [*gateway.LoopError], or a
// [*gateway.ListenError], if nothing was served.
func (r *Runner) Run(ctx context.Context) error {
	if err := findLoop(ctx, r.Config.Gateway); err != nil {
		return err
	}
	r.started = time.Now()
	r.access = accesslog.New(r.Out, r.Err, r.Log)
	if err := r.access.Use(r.Config.Gateway.AccessLog); err != nil {
		return &accessError{err}
	}
	defer r.access.Close()
	registry := prometheus.NewRegistry()
	if r.Config.Gateway.Admin != "" {
		r.metrics = gateway.NewMetrics(registry)
		r.collect(registry)
	}
	o := gateway.Options{Logger: r.Log, Debug: r.Debug, Metrics: r.metrics, AccessLog: r.access, Tracer: r.tracer(ctx), Next: r.Next}
	defer stopTracer(ctx, o.Tracer)
	end, err := r.learn(&o)
	if err != nil {
		return err
	}
	defer end()
	if r.gateway, err = gateway.New(r.Config, o); err != nil {
		return err
	}
	r.reloads.begin(r.Config, r.started)
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
	defer collectLess()()
	failed := r.serve()
	following, stop := context.WithCancel(ctx)
	defer stop()
	if r.certs != nil {
		if err := r.certs.Start(following); err != nil {
			r.Log.Warn("certificates will not be issued or renewed", "reason", err)
		}
	}
	r.follow(following)
	r.notify(systemd.Ready)
	select {
	case err := <-failed:
		r.close()
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	return r.stop(ctx)
}

// learn has the gateway write down what pages ask for, until the function that it
// returns is called.
func (r *Runner) learn(o *gateway.Options) (end func(), err error) {
	if r.Learn == "" {
		return func() {}, nil
	}
	c, err := collect.New(r.Learn, r.Log)
	if err != nil {
		return nil, fmt.Errorf("--learn: %w", err)
	}
	o.Collect = c.Observe
	return c.Close, nil
}

// accessError is why the access log cannot be written.
type accessError struct{ error }

// Error implements error.
func (e *accessError) Error() string { return "gateway.access_log: " + e.error.Error() }

// Unwrap returns the cause.
func (e *accessError) Unwrap() error { return e.error }

// begun logs which file runs, and the addresses besides that of the gateway.
func (r *Runner) begun() {
	if r.File == "" {
		return
	}
	words := []any{"file", r.File, "hash", r.Config.Hash(), "routes", len(r.Config.Gateway.Routes)}
	if r.quic != nil {
		words = append(words, "http3", r.quic.Addr())
	}
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
	r.notify(systemd.Stopping)
	if errors.Is(context.Cause(ctx), signals.ErrHangup) {
		r.Log.Warn("SIGHUP: draining and stopping, since there is no file to read again or serve runs in a terminal, which sends it when it is closed", "drain", r.Drain)
	} else {
		r.Log.Info("stopping", "drain", r.Drain)
	}
	time.Sleep(r.Unready)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Drain)
	defer cancel()
	r.part(drain)
	err := r.shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("they have not finished in the %v of --drain", r.Drain)
	}
	if err != nil {
		r.Log.Warn("requests were aborted", "reason", err)
	}
	return nil
}
