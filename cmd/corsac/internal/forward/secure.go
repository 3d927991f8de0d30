package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// ServeTLS is [Serve] for listeners on which clients speak TLS, by srv.TLSConfig.
// HTTP/1.1 is as without TLS. Over HTTP/2, what net/http refuses by itself gets the
// answer of net/http, since streams have no place to put another. Once a listener is
// closed, those who have begun a handshake may finish it, and are served, until srv closes
// its listeners. srv.ErrorLog must not be nil.
func ServeTLS(srv *http.Server, listeners ...net.Listener) error {
	secure := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		s := &secureListener{Listener: l, server: srv, accepted: make(chan net.Conn), failed: make(chan error, 1), shaking: map[net.Conn]struct{}{}}
		s.ctx, s.cancel = context.WithCancel(context.Background())
		go s.run()
		secure[i] = s
	}
	return Serve(srv, secure...)
}

// secureListener accepts connections and returns them once their handshake is over:
// which protocol a client speaks is known then.
type secureListener struct {
	net.Listener

	server   *http.Server
	accepted chan net.Conn
	failed   chan error
	ctx      context.Context // of all handshakes
	cancel   func()

	all     sync.WaitGroup // of the handshakes
	mu      sync.Mutex     // for what follows
	shaking map[net.Conn]struct{}
}

// silence is how long a client that has said nothing is waited for once no others are
// accepted. Many connect and never say anything.
const silence = time.Second

// run accepts connections until the listener below is closed, and then lets handshakes
// finish.
func (l *secureListener) run() {
	for delay := time.Duration(0); ; {
		c, err := l.Listener.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case errors.As(err, &temporary) && temporary.Temporary(): // such as too many open files
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			l.server.ErrorLog.Printf("http: Accept error: %v; retrying in %v", err, delay)
			time.Sleep(delay)
		case err != nil:
			defer time.AfterFunc(silence, l.closeSilent).Stop()
			l.all.Wait()
			l.failed <- err
			return
		default:
			delay = 0
			l.mu.Lock()
			l.shaking[c] = struct{}{}
			l.mu.Unlock()
			l.all.Go(func() {
				l.shake(c)
				l.mu.Lock()
				delete(l.shaking, c)
				l.mu.Unlock()
			})
		}
	}
}

// closeSilent closes the connections whose clients have said nothing.
func (l *secureListener) closeSilent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.shaking {
		if v, ok := c.(*visitor); ok && !v.heard.Load() {
			_ = v.Close()
		}
	}
}

// shake makes the handshake of a connection.
func (l *secureListener) shake(c net.Conn) {
	ctx, cancel := context.WithTimeout(l.ctx, l.server.ReadHeaderTimeout)
	defer cancel()
	secure := tls.Server(c, l.server.TLSConfig)
	if err := secure.HandshakeContext(ctx); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil && isHTTP(plain.RecordHeader) {
			_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nThis port speaks https.\n")
			err = errors.New("client sent an HTTP request to an HTTPS server")
		}
		l.server.ErrorLog.Printf("http: TLS handshake error from %s: %v", c.RemoteAddr(), err)
		_ = c.Close()
		return
	}
	if p := secure.ConnectionState().NegotiatedProtocol; p != "" && p != "h2" && p != "http/1.1" { // acme-tls/1: the handshake was all
		_ = secure.Close()
		return
	}
	select {
	case l.accepted <- secure:
	case <-l.ctx.Done():
		_ = secure.Close()
	}
}

// isHTTP reports whether what should be the header of a TLS record is the beginning
// of a request.
func isHTTP(header [5]byte) bool {
	switch string(header[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}

// Accept implements [net.Listener].
func (l *secureListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case err := <-l.failed:
		return nil, err
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]. It breaks handshakes off.
func (l *secureListener) Close() error {
	l.cancel()
	return l.Listener.Close()
}
