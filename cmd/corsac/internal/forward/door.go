package forward

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
)

// Names of limits, for [Door.Limited].
const (
	LimitConnections     = "connections"
	LimitResponseTimeout = "response_timeout"
)

// Door is what the connections to all addresses of a server have in common.
//
// Each connection is bounded by progress, not by time in all: one whose client takes
// nothing of what is written for a while is closed. A client beyond the number that may
// be connected at once is still let in, so that its page gets an answer with CORS
// headers instead of a network error: see [Incoming.Crowded]. If there are many of them,
// they are closed.
//
// A proxy that is trusted may have to begin its connections with a PROXY header, version
// 1 or 2, which says whose connection it passes on. If its connection does not begin so,
// it is closed: otherwise the clients of a proxy that is set up wrongly would all have
// its address. What others send is never taken for such a header. If a proxy passes on a
// connection without saying whose it is, the client has the proxy's address, and not its
// trust: it may be anybody.
type Door struct {
	// Limited is called, if it is not nil, with the name of a limit that a client has
	// reached, and its address.
	Limited func(limit, client string)
	// Log gets why a PROXY header is refused. It must not be nil.
	Log *slog.Logger
	// Proxies returns who begins with a PROXY header; nil if nobody does.
	Proxies func() Trust
	// HeaderTimeout is how long that may take.
	HeaderTimeout time.Duration

	bounds atomic.Pointer[Bounds]
	open   atomic.Int64
}

// Bounds are those of a door that can change.
type Bounds struct {
	// Connections is how many clients may be connected at once; 0 for any number.
	Connections int
	// ResponseTimeout is how long a client may take nothing of what is written; 0 for
	// as long as it likes.
	ResponseTimeout time.Duration
}

// crowd is how many clients more than may be connected are let in for an answer.
const crowd = 64

// longWrite is how much of a body that the system moves has to be taken within the
// response timeout.
const longWrite = 256 << 10

// Bound replaces the bounds, also of connections that are open.
func (d *Door) Bound(b Bounds) { d.bounds.Store(&b) }

func (d *Door) bound() Bounds {
	if b := d.bounds.Load(); b != nil {
		return *b
	}
	return Bounds{}
}

func (d *Door) limited(limit string, client net.Addr) {
	if d.Limited != nil {
		d.Limited(limit, addressText(client))
	}
}

// addressText returns the IP address of an address.
func addressText(a net.Addr) string {
	if host, _, err := net.SplitHostPort(a.String()); err == nil {
		return host
	}
	return a.String()
}

// Enter counts the client at an address, until [Door.Leave]. It is not admitted, and not
// counted, if there are too many even for an answer. If it is crowded, it gets an answer
// and should then be disconnected.
func (d *Door) Enter(client net.Addr) (admitted, crowded bool) {
	open, most := d.open.Add(1), int64(d.bound().Connections)
	if most == 0 || open <= most {
		return true, false
	}
	d.limited(LimitConnections, client)
	if open > most+crowd {
		d.Leave()
		return false, true
	}
	return true, true
}

// Leave says that a client that was admitted has gone.
func (d *Door) Leave() { d.open.Add(-1) }

// Guard returns a listener for the connections that come to another through the door.
func (d *Door) Guard(l net.Listener) net.Listener { return &guarded{l, d} }

type guarded struct {
	net.Listener

	door *Door
}

// Accept implements [net.Listener].
func (l *guarded) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		admitted, crowded := l.door.Enter(c.RemoteAddr())
		if !admitted {
			_ = c.Close()
			continue
		}
		v := &visitor{Conn: c, door: l.door, crowded: crowded}
		if l.door.Proxies != nil && l.door.Proxies().Has(ipOf(c.RemoteAddr())) {
			v.greeting = bufio.NewReaderSize(c, greetingSize)
		}
		return v, nil
	}
}

func ipOf(a net.Addr) netip.Addr {
	with, _ := netip.ParseAddrPort(a.String()) // the zero value is nobody's
	return with.Addr()
}

// greetingSize is how much of a connection is read with its PROXY header, which is
// shorter unless it has extensions.
const greetingSize = 1 << 10

// visitor is the connection of a client.
type visitor struct {
	net.Conn

	door    *Door
	crowded bool
	gone    sync.Once
	bounded atomic.Bool // somebody else has set a deadline for writes
	heard   atomic.Bool // the client has said something

	writeUntil renewed // unless it is bounded

	greet    sync.Once     // for what follows
	greeting *bufio.Reader // nil if the connection does not begin with a PROXY header
	remote   net.Addr      // that of the client
	refused  bool
}

// welcome reads the PROXY header, if there must be one. It is called where only the
// goroutine of this connection waits.
func (v *visitor) welcome() {
	if v.greeting == nil {
		return
	}
	v.greet.Do(func() {
		_ = v.Conn.SetReadDeadline(deadline(v.door.HeaderTimeout))
		h, err := proxyproto.Read(v.greeting)
		_ = v.Conn.SetReadDeadline(time.Time{}) // if it has been closed, Read says so
		if err != nil {
			v.refused, v.remote = true, unnamed{v.Conn.RemoteAddr()}
			level := slog.LevelWarn
			if errors.Is(err, proxyproto.ErrNoProxyProtocol) && v.greeting.Buffered() == 0 { // a check of whether somebody listens
				level = slog.LevelDebug
			}
			v.door.Log.Log(context.Background(), level, "a trusted proxy sent no valid PROXY header, and its connection is closed", "client", addressText(v.Conn.RemoteAddr()), "reason", err)
			return
		}
		v.remote = v.clientOf(h)
	})
}

// clientOf returns the address of the client that a PROXY header is about.
func (v *visitor) clientOf(h *proxyproto.Header) net.Addr {
	tcp, ok := h.SourceAddr.(*net.TCPAddr)
	switch {
	case h.Version == 2 && h.Command.IsLocal(): // the proxy itself, such as for a health check
		return v.Conn.RemoteAddr()
	case ok && !h.Command.IsLocal():
		return tcp
	}
	return unnamed{v.Conn.RemoteAddr()} // UNKNOWN, or no TCP
}

// unnamed is the address of a proxy that has not said whose connection it passes on. Its
// text has no port, so that [Trust] and whoever else parses it does not take the client for
// the proxy.
type unnamed struct{ net.Addr }

// String implements [net.Addr].
func (a unnamed) String() string { return net.JoinHostPort(addressText(a.Addr), "unnamed") }

// RemoteAddr implements [net.Conn]. It waits for the PROXY header.
func (v *visitor) RemoteAddr() net.Addr {
	if v.welcome(); v.remote != nil {
		return v.remote
	}
	return v.Conn.RemoteAddr()
}

// Read implements [net.Conn].
func (v *visitor) Read(p []byte) (n int, err error) {
	v.welcome()
	switch {
	case v.refused:
		return 0, io.EOF
	case v.greeting != nil && v.greeting.Buffered() > 0:
		n, err = v.greeting.Read(p)
	default:
		n, err = v.Conn.Read(p)
	}
	if n > 0 && !v.heard.Load() {
		v.heard.Store(true)
	}
	return n, err
}

// Write implements [net.Conn].
func (v *visitor) Write(p []byte) (written int, err error) {
	timeout := v.door.bound().ResponseTimeout
	if timeout == 0 || v.bounded.Load() {
		return v.Conn.Write(p)
	}
	for {
		v.expect(timeout)
		n, err := v.Conn.Write(p[written:])
		written += n
		if n > 0 && written < len(p) && isTimeout(err) { // the client has taken something
			continue
		}
		return written, v.late(err)
	}
}

// ReadFrom implements [io.ReaderFrom], so that the system moves long bodies. Anything
// without a length, such as what a tunnel passes on, may come at any time, so that each
// part of it has a deadline of its own.
func (v *visitor) ReadFrom(src io.Reader) (moved int64, err error) {
	timeout := v.door.bound().ResponseTimeout
	if timeout == 0 || v.bounded.Load() {
		return io.Copy(v.Conn, src)
	}
	rest, ok := src.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{v}, src)
	}
	for rest.N > 0 {
		v.expect(timeout)
		part := io.LimitedReader{R: rest.R, N: min(rest.N, longWrite)}
		asked := part.N
		n, err := io.Copy(v.Conn, &part)
		rest.N -= asked - part.N
		if moved += n; err != nil || n < asked {
			return moved, v.late(err)
		}
	}
	return moved, nil
}

// expect lets the next write fail if the client takes nothing within the timeout.
func (v *visitor) expect(timeout time.Duration) {
	if t, set := v.writeUntil.next(timeout); set {
		_ = v.Conn.SetWriteDeadline(t)
	}
}

// late reports a client that has taken nothing for too long.
func (v *visitor) late(err error) error {
	if isTimeout(err) {
		v.door.limited(LimitResponseTimeout, v.RemoteAddr())
	}
	return err
}

func isTimeout(err error) bool {
	if err == nil {
		return false
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// SetDeadline implements [net.Conn].
func (v *visitor) SetDeadline(t time.Time) error {
	v.bounded.Store(!t.IsZero())
	v.writeUntil.forget()
	return v.Conn.SetDeadline(t)
}

// SetWriteDeadline implements [net.Conn].
func (v *visitor) SetWriteDeadline(t time.Time) error {
	v.bounded.Store(!t.IsZero())
	v.writeUntil.forget()
	return v.Conn.SetWriteDeadline(t)
}

// CloseWrite closes the connection in one direction.
func (v *visitor) CloseWrite() error {
	if half, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return fmt.Errorf("%T cannot close one direction", v.Conn)
}

// Close implements [net.Conn].
func (v *visitor) Close() error {
	v.gone.Do(v.door.Leave)
	return v.Conn.Close()
}

// socketOf returns the socket below a connection without TLS.
func socketOf(c net.Conn) *net.TCPConn {
	if v, ok := c.(*visitor); ok {
		c = v.Conn
	}
	tcp, _ := c.(*net.TCPConn)
	return tcp
}

// tooMany stands for a connection too many that is not a [net.Conn].
type tooMany struct{}

// Crowded returns the context for requests over a connection too many that does not come
// from a listener.
func Crowded(ctx context.Context) context.Context {
	return context.WithValue(ctx, connKey{}, tooMany{})
}

// isCrowded reports whether a request came over a connection too many.
func isCrowded(r *http.Request) bool {
	switch c := r.Context().Value(connKey{}).(type) {
	case net.Conn:
		return crowdedConn(c)
	case tooMany:
		return true
	}
	return false
}

func crowdedConn(c net.Conn) bool {
	if own, ok := c.(*conn); ok {
		c = own.Conn
	}
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	v, ok := c.(*visitor)
	return ok && v.crowded
}
