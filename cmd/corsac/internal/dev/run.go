// Package dev runs corsac dev: it listens, serves the proxy and the sample, follows
// the configuration file, and stops.
package dev

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

// drain is how long requests may take to finish once the server stops. Event
// streams and WebSockets never finish by themselves.
const drain = time.Second

// Server is the HTTP server of corsac dev.
type Server struct {
	// Handler answers requests.
	Handler forward.Refuser
	// Listen is an address, host:port. localhost means both families.
	Listen string
	// Fixed says that no other port will do if that of Listen is in use.
	Fixed bool
	// Avoids reports whether to take another port than that of an address, unless it
	// is fixed. Nil avoids none.
	Avoids func(listen string) bool
	// TLS is for https; nil means http.
	TLS *tls.Config
	// Plain answers requests over http, if there is TLS.
	Plain http.Handler
	Log   *slog.Logger

	listeners []net.Listener
	opened    string // Listen, with the port that has been opened
	url       string
}

// Open begins to listen. An error is a [*gateway.ListenError].
func (s *Server) Open(ctx context.Context) error {
	host, portText, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return &gateway.ListenError{Address: s.Listen, Err: err}
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return &gateway.ListenError{Address: s.Listen, Err: err}
	}
	for last := port + tries; ; port++ {
		if !s.Fixed && s.Avoids != nil && s.Avoids(net.JoinHostPort(host, strconv.Itoa(port))) {
			continue
		}
		listeners, opened, err := localnet.Listen(ctx, host, port)
		if err == nil {
			s.listeners, port = listeners, opened
			break
		}
		if s.Fixed || port == 0 || port >= last || ctx.Err() != nil {
			return &gateway.ListenError{Address: s.Listen, Err: err}
		}
	}
	s.opened = net.JoinHostPort(host, strconv.Itoa(port))
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if s.TLS != nil {
		scheme = "https"
	}
	s.url = scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
	return nil
}

// tries is how many ports after the default one are tried.
const tries = 20

// URL returns the address of the server, once it is open.
func (s *Server) URL() string { return s.url }

// Close stops listening, if nothing has been served.
func (s *Server) Close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

// Serve serves until ctx is done, and then until the requests in flight have
// finished, or a second has passed.
func (s *Server) Serve(ctx context.Context) error {
	defer s.Close()
	srv := &http.Server{
		Handler: s.Handler, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: logging.Standard(s.Log), TLSConfig: s.TLS,
		// Requests end when the server stops: most clients of a development server
		// hold a connection open for as long as they can.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- s.serve(srv) }()
	select {
	case err := <-failed:
		_ = srv.Close()
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return srv.Close()
}

// serve serves until a listener fails. With TLS, Plain answers those who do without,
// and what net/http refuses by itself has no CORS headers.
func (s *Server) serve(srv *http.Server) error {
	if s.TLS == nil {
		return forward.Serve(srv, s.listeners...)
	}
	plain := &http.Server{Handler: s.Plain, ReadHeaderTimeout: srv.ReadHeaderTimeout, IdleTimeout: srv.IdleTimeout, ErrorLog: srv.ErrorLog}
	defer plain.Close()
	failed := make(chan error, 2*len(s.listeners))
	for _, l := range s.listeners {
		tls, http := split(l, srv.ReadHeaderTimeout)
		go func() { failed <- srv.ServeTLS(tls, "", "") }()
		go func() { failed <- plain.Serve(http) }()
	}
	return <-failed
}
