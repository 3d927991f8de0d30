// Package h3 serves HTTP/3 beside a server of HTTP/1.1 and HTTP/2.
//
//   - Requests in the first flight of a resumed connection (0-RTT), which anybody on
//     the way can send again, are not accepted: the client sends them after the
//     handshake.
//   - A client that is one too many gets an answer before it is disconnected; see
//     [forward.Door].
//   - A connection on which no request has been answered for a while closes, whatever
//     streams it has begun. While a response takes its time, pings keep it open.
//   - Requests with too large headers get the answer of the handler, up to a second
//     limit above, which is that of quic-go, with an answer of its own. What is not
//     valid HTTP/3 gets none, only the end of its stream.
//   - QUIC does not say whether a body follows before it arrives or does not. A GET
//     without a length is held back until that is known, since servers mistrust a GET
//     with a body.
package h3

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// Options are the settings of a [Server]. All must be set.
type Options struct {
	Handler forward.Refuser
	// TLS has the certificates. Its protocols are not used.
	TLS *tls.Config
	// MaxHeaderBytes bounds the header of a request, with 32 bytes more for each line.
	MaxHeaderBytes int
	// HeaderTimeout bounds the wait for what shows whether a body follows.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a connection may have no request.
	IdleTimeout time.Duration
	// Log gets the panics of the handler.
	Log *log.Logger
	// Door counts the clients, once their handshake is over.
	Door *forward.Door
}

// lingering is how long a connection stays open after its last response when the
// server stops, or if it is one too many, so that the response reaches the client.
const lingering = time.Second

// Server serves HTTP/3 on a UDP socket.
type Server struct {
	o      Options
	socket net.PacketConn
	server *http3.Server

	close  sync.Once
	closed chan struct{}

	mu       sync.Mutex
	clients  map[*client]struct{}
	draining bool
}

// New returns a server for a socket, which it closes at the end.
func New(socket net.PacketConn, o Options) *Server {
	s := &Server{o: o, socket: socket, closed: make(chan struct{}), clients: map[*client]struct{}{}}
	s.server = &http3.Server{
		Handler: s, TLSConfig: o.TLS, MaxHeaderBytes: 2 * o.MaxHeaderBytes, ConnContext: s.accept,
		Logger:     slog.New(slog.DiscardHandler), // the handler logs requests, and serveHandler panics
		QUICConfig: &quic.Config{MaxIdleTimeout: 30 * time.Second, KeepAlivePeriod: 10 * time.Second},
	}
	return s
}

// Addr returns the address of the socket.
func (s *Server) Addr() net.Addr { return s.socket.LocalAddr() }

// Serve accepts connections until the server is stopped. Its error then is
// [http.ErrServerClosed].
func (s *Server) Serve() error { return s.server.Serve(s.socket) }

// Shutdown lets the requests in flight finish, and closes each connection a moment
// after its last one. When ctx is done, it aborts them, and returns its error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	for c := range s.clients {
		c.settle()
	}
	s.mu.Unlock()
	return errors.Join(s.server.Shutdown(ctx), s.socket.Close())
}

// Close aborts everything.
func (s *Server) Close() error {
	s.close.Do(func() { close(s.closed) })
	return errors.Join(s.server.Close(), s.socket.Close())
}

type clientKey struct{}

// client is the connection of one.
type client struct {
	server *Server
	conn   *quic.Conn

	// For what follows, the lock of the server.
	crowded bool // it is one too many
	running int  // requests
	parting bool // it has had its answer, and must go, whatever it asks for
	timer   *time.Timer
}

// accept begins a connection. A client counts from the end of its handshake: until then,
// nobody knows whether it is where it says. It has no requests before.
func (s *Server) accept(ctx context.Context, conn *quic.Conn) context.Context {
	c := s.register(conn)
	select {
	case <-conn.HandshakeComplete():
	case <-conn.Context().Done():
		return ctx
	case <-s.closed:
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
		return ctx
	}
	admitted, crowded := s.o.Door.Enter(conn.RemoteAddr())
	if !admitted {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), "too many clients are connected")
		return ctx
	}
	context.AfterFunc(conn.Context(), s.o.Door.Leave)
	if crowded {
		c.crowd()
		ctx = forward.Crowded(ctx)
	}
	return context.WithValue(ctx, clientKey{}, c)
}

// crowd says that the client is one too many.
func (c *client) crowd() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.crowded = true
	c.settle()
}

// register keeps a connection until it ends.
func (s *Server) register(conn *quic.Conn) *client {
	c := &client{server: s, conn: conn}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[c] = struct{}{}
	c.timer = time.AfterFunc(s.o.IdleTimeout, c.expire)
	c.settle()
	context.AfterFunc(conn.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.timer.Stop()
		delete(s.clients, c)
	})
	return c
}

// settle lets the time of a connection without requests run. It needs the lock.
func (c *client) settle() {
	_, open := c.server.clients[c]
	switch {
	case c.parting || c.running > 0 || !open:
	case c.server.draining, c.crowded:
		c.timer.Reset(lingering)
	default:
		c.timer.Reset(c.server.o.IdleTimeout)
	}
}

// expire closes a connection, unless a request has come meanwhile that it may make.
func (c *client) expire() {
	c.server.mu.Lock()
	busy := c.running > 0 && !c.parting
	c.server.mu.Unlock()
	if !busy {
		_ = c.conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	}
}

// begin counts a request until the function that it returns is called.
func (c *client) begin() (end func()) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.running++
	if !c.parting {
		c.timer.Stop()
	}
	return func() {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		c.running--
		if c.crowded && !c.parting {
			c.parting = true
			c.timer.Reset(lingering)
		}
		c.settle()
	}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c, ok := r.Context().Value(clientKey{}).(*client); ok {
		defer c.begin()()
	}
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				s.o.Log.Printf("http: panic serving %s: %v\n%s", r.RemoteAddr, p, debug.Stack())
			}
			panic(http.ErrAbortHandler)
		}
	}()
	if sizeOf(r) > s.o.MaxHeaderBytes {
		s.o.Handler.ServeRefused(w, r, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	if r.Header["Expect"] != nil { // which HTTP/3 leaves to the handler
		delete(r.Header, "Expect")
		w.WriteHeader(http.StatusContinue)
	}
	if err := s.settleBody(w, r); err != nil {
		s.o.Handler.ServeRefused(w, r, http.StatusRequestTimeout)
		return
	}
	s.o.Handler.ServeHTTP(w, r)
}

// sizeOf returns the size of a header as RFC 9114 §4.2.2 counts it.
func sizeOf(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Host) + 3*32
	for name, lines := range r.Header {
		for _, line := range lines {
			size += len(name) + len(line) + 32
		}
	}
	return size
}
