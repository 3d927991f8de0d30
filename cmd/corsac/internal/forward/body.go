package forward

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

var errBodyStopped = errors.New("nobody needs the rest of the body")

// requestBody is the body of a request on its way to an upstream. It knows how
// much of it has been read, by any goroutine, and bounds how long a read waits
// for the client.
type requestBody struct {
	from    io.Reader
	control *http.ResponseController
	timeout time.Duration

	// waiting is called before and after each wait for the client, failed when
	// the client has sent nothing for too long, nonsense, or has left, and end after the last
	// byte, when the trailers are known.
	waiting func(begins bool)
	failed  func(cause error)
	end     func()

	// limit is how many bytes the body may have, if it is not 0, and read how many it
	// has had. exceeded is called once if it has more.
	limit, read int64
	exceeded    func()

	begun, ended atomic.Bool

	mu      sync.Mutex // for the deadline of the client's connection
	reading bool
	broken  bool // a read has failed
	stopped bool // reads fail
}

func newRequestBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *requestBody {
	b := &requestBody{from: r.Body, timeout: timeout, waiting: func(bool) {}, failed: func(error) {}, end: func() {}}
	if r.ContentLength == 0 {
		b.ended.Store(true)
	} else {
		b.control = http.NewResponseController(w)
	}
	return b
}

// Read implements [io.Reader].
func (b *requestBody) Read(p []byte) (int, error) {
	b.begun.Store(true)
	if b.ended.Load() {
		return 0, io.EOF
	}
	if !b.enter() {
		return 0, errBodyStopped
	}
	b.waiting(true)
	n, err := b.from.Read(p)
	b.waiting(false)
	n, err = b.bound(n, err)
	stopped := b.leave(err)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.end()
		b.ended.Store(true)
	case stopped:
		err = errBodyStopped
	case errors.Is(err, ErrBodyTooLarge):
		if b.exceeded != nil {
			b.exceeded()
			b.exceeded = nil
		}
		b.failed(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.failed(ErrClientStalled)
	case hasLeft(err):
		b.failed(errClientLeft)
	default:
		b.failed(fmt.Errorf("%w: %w", ErrClientBody, err))
	}
	return n, err
}

// hasLeft reports whether a read failed because the client has closed its connection, or
// reset its stream. That of net/http for a closed connection with HTTP/2 has no name.
func hasLeft(err error) bool {
	var op *net.OpError
	var reset http2.StreamError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) || errors.As(err, &reset) || err.Error() == "client disconnected"
}

// bound counts what has been read, and fails if it is more than the body may have.
func (b *requestBody) bound(n int, err error) (int, error) {
	b.read += int64(n)
	if surplus := b.read - b.limit; b.limit > 0 && surplus > 0 {
		return max(0, n-int(min(surplus, int64(n)))), ErrBodyTooLarge
	}
	return n, err
}

// enter begins a read, unless reads have been stopped.
func (b *requestBody) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return false
	}
	b.reading = true
	_ = b.control.SetReadDeadline(time.Now().Add(b.timeout))
	return true
}

// leave ends a read that returned err, and reports whether reads have been
// stopped. It removes the deadline, because net/http then watches the connection
// for its end.
func (b *requestBody) leave(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	b.broken = b.broken || err != nil && !errors.Is(err, io.EOF)
	if !b.stopped {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return b.stopped
}

// prolong gives a client that gets something more time to send something.
func (b *requestBody) prolong() {
	if b.ended.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reading && !b.stopped {
		_ = b.control.SetReadDeadline(time.Now().Add(b.timeout))
	}
}

// Close makes reads fail, also one that waits for the client: soon, because what
// is on its way then ends the body properly, while a read that fails would keep
// net/http from reading the rest. Transports close a body that they do not need
// any more, and may wait for the end of a read. Close leaves the client's
// connection open; net/http takes the request for cancelled if a read was in
// progress.
func (b *requestBody) Close() error {
	if b.ended.Load() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	if b.reading {
		_ = b.control.SetReadDeadline(time.Now().Add(lingering))
	}
	return nil
}

// explains reports whether a read, rather than the client's leaving, is why
// net/http takes the request for cancelled. The read then says what happened.
func (b *requestBody) explains() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reading || b.broken || b.stopped
}

// lingering is how long the rest of a body may take to arrive after the
// response.
const lingering = 500 * time.Millisecond

// Incoming is a request of a client, and the ResponseWriter for a response that may
// begin while the body of the request is still being sent, or before the client has
// sent any of it. Handlers must call WriteHeader.
type Incoming struct {
	http.ResponseWriter

	// Target is what the upstream gets, after the path of its URL.
	Target Target
	// Owner is for the proxy, and not used here.
	Owner any
	// Public is where the request comes from.
	Public Public
	// Crowded says that the client is one more than may be connected at once. It may
	// get an answer that is short.
	Crowded bool

	// Waited is how long the upstream took until the header of its response was there,
	// and Left whether the client left before it had the response. Both are set by
	// [Server.Forward].
	Waited time.Duration
	Left   bool

	request  *http.Request // the client's, with the body of net/http
	body     *requestBody
	ready    int  // bytes of the body that have arrived, at least
	overlaps bool // the response began before the body of the request ended
	doubtful bool // others may find another end of the request
	written  int  // of the body of the response

	ending *atomic.Bool // nil if the connection does not end with the server

	terms *Terms
}

// Terms are on what terms clients are served.
type Terms struct {
	// BodyTimeout is how long a client may pause while it sends a body and gets
	// nothing.
	BodyTimeout time.Duration
	// ResponseTimeout is how long a client may take nothing of what a response has for
	// it, over protocols with streams; 0 for as long as it likes. Over HTTP/1.1, a
	// [Door] bounds it.
	ResponseTimeout time.Duration
	// Limited is called, if it is not nil, as [Door.Limited] is.
	Limited func(limit, client string)
	// Trust are the proxies that are believed.
	Trust Trust
}

// Accept begins a request of a client.
func Accept(w http.ResponseWriter, r *http.Request, t *Terms) *Incoming {
	doubtful, ready := arrived(r)
	return &Incoming{
		ResponseWriter: w, request: r, body: newRequestBody(w, r, t.BodyTimeout), ready: ready, doubtful: doubtful,
		Public: t.Trust.Public(r), Crowded: isCrowded(r), terms: t,
	}
}

// LimitBody ends the body of the request with [ErrBodyTooLarge] if it has more than
// limit bytes. exceeded is called then, or now if the request says so already, of which
// the result is false.
func (in *Incoming) LimitBody(limit int64, exceeded func()) bool {
	in.body.limit, in.body.exceeded = limit, exceeded
	if in.request.ContentLength > limit {
		exceeded()
		return false
	}
	return true
}

// IncomingOf returns the request whose ResponseWriter w stands on.
func IncomingOf(w http.ResponseWriter) *Incoming {
	for {
		if in, ok := w.(*Incoming); ok {
			return in
		}
		w = w.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
	}
}

// Request returns the request of the client, as it came.
func (in *Incoming) Request() *http.Request { return in.request }

// LastIf says to the client that the response is the last of its connection if ending is
// true when the response begins.
func (in *Incoming) LastIf(ending *atomic.Bool) { in.ending = ending }

func (in *Incoming) isLast() bool {
	return in.doubtful || in.Crowded || in.ending != nil && in.ending.Load()
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (in *Incoming) Unwrap() http.ResponseWriter { return in.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (in *Incoming) WriteHeader(status int) {
	if status >= 200 {
		in.overlap()
		// Of what is doubtful, what follows may be part of the body (RFC 9112 §6.1). HTTP/3
		// must not have the header (RFC 9114 §4.2). For HTTP/2, net/http sends GOAWAY instead.
		if in.isLast() && in.request.ProtoMajor < 3 {
			in.Header().Set("Connection", "close")
		}
	}
	in.ResponseWriter.WriteHeader(status)
}

// overlap lets an HTTP/1 response begin now. Without it, net/http would first
// read the rest of the body, however long the client takes to send it.
//
// The connection closes after the response, because net/http cannot find the
// next request on it: when it finishes the body itself, it either starts to
// read ahead and then panics (golang/go#68560) or, if a read was in flight and
// the body is chunked, reads the rest of the body as a request.
//
// It does nothing if the body has ended, or if the client waits for 100
// Continue and has not got it. net/http handles both.
func (in *Incoming) overlap() {
	unasked := in.request.Header.Get("Expect") != "" && !in.body.begun.Load()
	if in.request.ProtoMajor != 1 || in.body.ended.Load() || unasked {
		return
	}
	if http.NewResponseController(in.ResponseWriter).EnableFullDuplex() == nil {
		in.Header().Set("Connection", "close")
		in.overlaps = true
	}
}

// Finish ends a request whose handler has returned. It reads the rest of a body that
// overlaps its response, within the bounds of net/http and of time. Closing a connection
// while data arrives resets it, and the client may then lose the response.
func (in *Incoming) Finish() {
	in.hurry()
	if !in.overlaps {
		return
	}
	_ = in.body.Close()
	_ = http.NewResponseController(in.ResponseWriter).Flush()
	in.Release()
	_ = in.request.Body.Close()
}

// Release must be called when the handler returns or panics, after Finish. It bounds how
// long net/http may read the rest of the body, which it also does after a panic.
func (in *Incoming) Release() {
	if in.request.ProtoMajor == 1 && !in.body.ended.Load() {
		_ = in.body.Close()
		_ = http.NewResponseController(in.ResponseWriter).SetReadDeadline(time.Now().Add(lingering))
	}
}
