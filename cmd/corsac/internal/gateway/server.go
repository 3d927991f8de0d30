package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

// Server is the HTTP server of a gateway.
type Server struct {
	// Handler must be from [New].
	Handler http.Handler
	// Listen is the address to listen on.
	Listen string
	Logger *slog.Logger
	// Drain is how long requests may take to finish once the server stops.
	Drain time.Duration
	// Ready is called with the address when the server listens.
	Ready func(address string)
}

// ErrHangup is the cause of a context that SIGHUP has ended. To many, that
// signal means: read the configuration again.
var ErrHangup = errors.New("SIGHUP")

// ListenError is the error of a server that cannot listen.
type ListenError struct{ Err error }

// Error returns the text of the cause.
func (e *ListenError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// Run serves until ctx is done, and then until the requests in flight are
// finished or Drain has passed. An error is a [*ListenError] if nothing was
// served.
func (s *Server) Run(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return &ListenError{err}
	}
	srv := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          logging.Standard(s.Logger),
	}
	s.Ready(l.Addr().String())
	failed := make(chan error, 1)
	go func() { failed <- forward.Serve(srv, l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), ErrHangup) {
		s.Logger.Warn("SIGHUP: draining and stopping; start again to read the new policy", "drain", s.Drain)
	} else {
		s.Logger.Info("stopping", "drain", s.Drain)
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Drain)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		s.Logger.Warn("requests were aborted", "reason", err)
		return srv.Close()
	}
	return nil
}
