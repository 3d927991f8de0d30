package corstest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// patience is how long a handler may continue after it has begun its response.
const patience = 2 * time.Second

// server serves a handler in this process: a real http.Server and a real
// http.Transport, connected by pipes. It is the base of a fetch.Transport.
type server struct {
	http      http.Server
	transport http.Transport
	conns     chan net.Conn
	done      chan struct{}

	mu              sync.Mutex
	returned        chan struct{} // closed when the latest call of the handler has returned
	panicked, stack string
}

type secureKey struct{}

func serve(h http.Handler) *server {
	s := &server{conns: make(chan net.Conn), done: make(chan struct{})}
	s.http = http.Server{
		Handler: s.watch(h), ReadHeaderTimeout: limit, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			p, ok := c.(*pipe)
			return context.WithValue(ctx, secureKey{}, ok && p.secure)
		},
	}
	s.transport = http.Transport{
		DialContext:    func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx, false) },
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx, true) },
		// Each request has its own connection, so the transport never sends one
		// again.
		MaxIdleConnsPerHost: -1, DisableCompression: true,
	}
	go func() { _ = s.http.Serve(s) }()
	return s
}

func (s *server) close() {
	_ = s.http.Close()
	s.transport.CloseIdleConnections()
}

// watch serves h and records what it panics with.
func (s *server) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		returned := make(chan struct{})
		defer close(returned)
		s.mu.Lock()
		s.returned = returned
		s.mu.Unlock()
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, _ := v.(error); !errors.Is(err, http.ErrAbortHandler) {
				s.mu.Lock()
				s.panicked, s.stack = fmt.Sprint(v), handlerStack(string(debug.Stack()))
				s.mu.Unlock()
			}
			panic(http.ErrAbortHandler) // closes the connection and logs nothing
		}()
		if secure, _ := r.Context().Value(secureKey{}).(bool); secure {
			r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: r.Host}
		}
		h.ServeHTTP(w, r)
	})
}

func (s *server) panic() (value, stack string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.panicked, s.stack
}

// handlerStack returns the part of a stack between the panic and this package.
func handlerStack(stack string) string {
	if _, after, ok := strings.Cut(stack, "\npanic("); ok {
		_, stack, _ = strings.Cut(after, "\n") // the arguments
		_, stack, _ = strings.Cut(stack, "\n") // the file
	}
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.Contains(line, "(*server).watch") || i == 16 {
			lines = lines[:i]
			break
		}
	}
	return strings.Join(lines, "\n")
}

// RoundTrip sends one request and waits for the handler to return, so that all
// its effects are there when the test continues. It waits for a handler that
// streams only as long as patience lasts.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.transport.RoundTrip(r)
	if err != nil {
		s.settle(r.Context(), http.NoBody)
		return nil, err
	}
	s.settle(r.Context(), resp.Body)
	_ = resp.Body.Close()
	resp.Body = http.NoBody
	return resp, nil
}

// settle reads a response to its end and waits for the handler to return.
func (s *server) settle(ctx context.Context, body io.Reader) {
	s.mu.Lock()
	returned := s.returned
	s.mu.Unlock()
	settled := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, body)
		if returned != nil {
			<-returned
		}
		close(settled)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (s *server) dial(ctx context.Context, secure bool) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case s.conns <- &pipe{Conn: there, secure: secure}:
		return here, nil
	case <-s.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make s a net.Listener.
func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close is called by the http.Server, once.
func (s *server) Close() error {
	close(s.done)
	return nil
}

// Addr returns an address from a range for documentation (RFC 5737).
func (*server) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 443} }

// pipe is a connection whose ends have addresses, which handlers expect.
type pipe struct {
	net.Conn
	secure bool
}

// RemoteAddr returns an address for documentation, as package httptest does.
func (*pipe) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1234} }

// LocalAddr returns the address of the server.
func (*pipe) LocalAddr() net.Addr { return (*server)(nil).Addr() }
