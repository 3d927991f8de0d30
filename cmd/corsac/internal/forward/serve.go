package forward

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Refuser is a handler that also answers the requests that net/http refuses by
// itself, before there is a handler call.
type Refuser interface {
	http.Handler
	// ServeRefused answers a request, of which only the method, RequestURI, Host, RemoteAddr
	// and Header are known, and those as far as they arrived. It must not read the body.
	ServeRefused(w http.ResponseWriter, r *http.Request, status int)
}

// Serve serves listeners with srv, whose handler must be a [Refuser], as srv.Serve
// does, until one of them fails. If srv does not limit the size of request headers,
// the limit is 256 KiB; upstreams have lower limits of their own.
//
// If the handler is an [EarlyAnswerer], srv knows nothing of some of the requests: to stop,
// use [Shutdown] instead of its method. Its Close does not abort them.
func Serve(srv *http.Server, listeners ...net.Listener) error {
	refuser, ok := srv.Handler.(Refuser)
	if !ok {
		return errors.New("the handler is not a Refuser")
	}
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := c.(*conn); ok && state == http.StateIdle {
			c.idle()
		}
	}
	srv.Handler = claiming{refuser}
	if srv.MaxHeaderBytes == 0 {
		srv.MaxHeaderBytes = 256 << 10
	}
	answerer, ok := refuser.(EarlyAnswerer)
	e := &early{conns: map[*conn]struct{}{}}
	if ok {
		servers.Store(srv, e)
	}
	serve := func(l net.Listener) error { return srv.Serve(&listener{l, srv, refuser, answerer, e}) }
	if len(listeners) == 1 {
		return serve(listeners[0])
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- serve(l) }()
	}
	return <-failed
}

// claiming says to a connection that a handler has its request.
type claiming struct{ Refuser }

// ServeHTTP implements [http.Handler].
func (h claiming) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := connOf(r); c != nil {
		c.mu.Lock()
		c.served = true
		c.mu.Unlock()
		if c.secure != nil {
			r.TLS = c.secure // net/http sees a conn, and not the TLS below it
		}
	}
	h.Refuser.ServeHTTP(w, r)
}

type listener struct {
	net.Listener

	server   *http.Server
	refuser  Refuser
	answerer EarlyAnswerer // or nil
	early    *early
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	secure, ok := c.(*tls.Conn)
	if !ok {
		return &conn{Conn: c, listener: l, crowded: crowdedConn(c)}, nil
	}
	state := secure.ConnectionState() // of a handshake that is over
	if state.NegotiatedProtocol == "h2" {
		return c, nil
	}
	return &conn{Conn: c, listener: l, secure: &state, crowded: crowdedConn(c)}, nil
}

// maxHead bounds what is kept of a request, to respond to it if net/http
// refuses it.
const maxHead = 16 << 10

// conn keeps what has been read of a request until a handler has it. Anything
// written before that is a refusal of net/http.
type conn struct {
	net.Conn

	listener *listener
	secure   *tls.ConnectionState // nil without TLS
	buffer   int                  // how much net/http reads at once if its buffer is empty

	idleUntil renewed // between two requests that net/http does not see
	crowded   bool    // it is one too many

	mu     sync.Mutex // net/http reads ahead while a handler writes
	served bool       // a handler has the request
	broken bool       // net/http interrupts a read
	gaveUp bool       // the request has been answered, because it did not arrive
	head   []byte     // what has been read of a request that no handler has yet
	bounds int        // how many deadlines net/http has set for reads since the last request
	ahead  []byte     // the first byte of the next request, if net/http has read it
	early  answering
}

type connKey struct{}

// connOf returns the connection of a request, or nil if it is not one of HTTP/1.
func connOf(r *http.Request) *conn {
	if r.ProtoMajor != 1 {
		return nil
	}
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}

// arrived reports of a request that Serve accepted whether its end is doubtful, and
// how many bytes of its body have arrived, at least.
func arrived(r *http.Request) (doubtful bool, ready int) {
	if c := connOf(r); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		doubtful = hasDoubtfulEnd(r, c.head)
		if r.ContentLength > 0 {
			// If a part of the head is missing, the body of the request may have its own
			// empty line, and less of it is found than has arrived.
			_, body, _ := bytes.Cut(c.head, []byte("\r\n\r\n"))
			ready = len(body)
		}
		c.head, c.ahead = c.head[:0], c.ahead[:0]
	}
	return doubtful, ready
}

// hasDoubtfulEnd reports whether a server before the gateway may find another end
// of r than net/http does: r has a Content-Length and is chunked, or is chunked in
// HTTP/1.0. It is true also if head, which is what has been kept of r, does not
// show it.
func hasDoubtfulEnd(r *http.Request, head []byte) bool {
	contradicts := "Content-Length"
	if !r.ProtoAtLeast(1, 1) {
		contradicts = "Transfer-Encoding" // net/http ignores it
	} else if len(r.TransferEncoding) == 0 {
		return false
	}
	for {
		line, rest, ok := bytes.Cut(head, []byte("\n"))
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch {
		case !ok, strings.EqualFold(string(bytes.TrimSpace(name)), contradicts):
			return true
		case len(bytes.TrimSpace(line)) == 0:
			return false
		}
		head = rest
	}
}

// idle is called between two requests.
func (c *conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served, c.bounds, c.head = false, 0, append(c.head[:0], c.ahead...)
}

// Read implements [net.Conn]. It answers plain requests, which net/http then does
// not see, and requests whose header does not arrive in time, which net/http would
// not answer.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.buffer == 0 {
		c.buffer = len(p)
	}
	if n == 0 && isTimeout(err) {
		c.giveUp()
	}
	if err == nil && c.mayBeEarly(p[:n]) && c.isNext(p) {
		n, err = c.answer(p, n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.served:
		c.head = append(c.head, p[:min(n, maxHead-len(c.head))]...)
	case n == 1:
		c.ahead = append(c.ahead[:0], p[0])
	default:
		c.ahead = c.ahead[:0]
	}
	return n, err
}

// SetReadDeadline implements [net.Conn]. net/http interrupts its own reads by a deadline
// in the past.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.broken = !t.IsZero() && t.Before(started)
	c.bounds++
	c.mu.Unlock()
	c.idleUntil.forget()
	return c.Conn.SetReadDeadline(t)
}

// started is a time in the past.
var started = time.Now()

// giveUp answers a request whose header has not arrived in time, if it has begun.
func (c *conn) giveUp() {
	c.mu.Lock()
	none, head := c.served || c.broken || c.gaveUp, c.head
	c.gaveUp = c.gaveUp || !none && len(head) > 0
	c.mu.Unlock()
	if none {
		return
	}
	if answer, ok := Refuse(c.listener.refuser, c.RemoteAddr(), head, []byte("HTTP/1.1 408 Request Timeout\r\n\r\n")); ok {
		_, _ = c.Conn.Write(answer) // net/http closes the connection
	}
}

// wait bounds the wait for the next request.
func (c *conn) wait() error {
	timeout := c.listener.server.IdleTimeout
	if timeout <= 0 {
		return c.Conn.SetReadDeadline(time.Time{})
	}
	if t, set := c.idleUntil.next(timeout); set {
		return c.Conn.SetReadDeadline(t)
	}
	return nil
}

// isNext reports whether what has been read into p begins a request. It does not if
// net/http has the beginning of that request: of a client that did not wait for an
// answer, it may have read that with the request before. It is then in its buffer, or
// net/http has taken whole lines out of that, for which it has set a second deadline.
func (c *conn) isNext(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.served && len(c.head) == 0 && len(p) == c.buffer && c.bounds <= 1
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	served, gaveUp, head := c.served, c.gaveUp, c.head
	c.mu.Unlock()
	switch {
	case gaveUp: // there was an answer
		return len(p), nil
	case served:
		return c.Conn.Write(p)
	}
	answer, ok := Refuse(c.listener.refuser, c.RemoteAddr(), head, p)
	if !ok {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(answer); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom implements [io.ReaderFrom], so that the system moves long bodies.
// net/http uses it for bodies only.
func (c *conn) ReadFrom(src io.Reader) (int64, error) { return io.Copy(c.Conn, src) }

// CloseWrite closes a refused connection in one direction, as net/http does so
// that the client can read the refusal.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Refuse returns the response of a handler to a request of a client at an address, of
// which head has arrived, to replace a refusal of net/http. ok is false if that is not a
// refusal, or if the request is not even one line.
func Refuse(refuser Refuser, client net.Addr, head, refusal []byte) (answer []byte, ok bool) {
	status, ok := statusOf(refusal)
	if !ok {
		return nil, false
	}
	r, ok := parseHead(head)
	if !ok {
		return nil, false
	}
	r.RemoteAddr = client.String()
	w := &refusalWriter{header: http.Header{}}
	refuser.ServeRefused(w, r, status)
	res := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Close: true, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
	var b bytes.Buffer
	if err := res.Write(&b); err != nil {
		return nil, false
	}
	return b.Bytes(), true
}

// statusOf returns the status of a refusal written by net/http itself.
func statusOf(response []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(response, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 {
		return 0, false
	}
	status, err := strconv.Atoi(string(rest[:3]))
	return status, err == nil && status >= 400
}

// parseHead parses as much of a request as there is.
func parseHead(head []byte) (*http.Request, bool) {
	lines := textproto.NewReader(bufio.NewReader(bytes.NewReader(head)))
	line, err := lines.ReadLine()
	method, rest, ok := strings.Cut(line, " ")
	if err != nil || !ok {
		return nil, false
	}
	target, _, _ := strings.Cut(rest, " ")
	r := &http.Request{Method: method, RequestURI: target, URL: &url.URL{Path: "/"}, Header: http.Header{}}
	for {
		line, err := lines.ReadLine()
		name, value, ok := strings.Cut(line, ":")
		if err != nil || line == "" {
			break
		}
		if ok {
			r.Header.Add(textproto.TrimString(name), textproto.TrimString(value))
		}
	}
	r.Host = r.Header.Get("Host")
	return r, true
}

// refusalWriter records a response.
type refusalWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *refusalWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *refusalWriter) WriteHeader(status int) { w.status = status }

// Write implements [http.ResponseWriter].
func (w *refusalWriter) Write(p []byte) (int, error) { return w.body.Write(p) }
