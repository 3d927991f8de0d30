package forward

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"
)

// EarlyAnswerer is a [Refuser] that can answer plain requests before net/http has read
// them. That saves most of what they cost. Whatever is in the least unusual about a
// request leaves it to net/http.
type EarlyAnswerer interface {
	Refuser
	// ServePreflight answers a preflight as ServeHTTP would. It has no body, and its
	// response must not have one. If it returns false or sets no status, ServeHTTP
	// gets the request. The request and its header are valid until it returns, and
	// must not be changed.
	ServePreflight(w http.ResponseWriter, r *http.Request) bool
	// ServesEarly reports whether ServeHTTP may get the next GET. The ResponseWriter is
	// then not one of net/http, but writes what that would write in response to a request
	// without a body and an upgrade; [http.ResponseController] flushes it. The context of
	// the request has the values of those of net/http. The ResponseWriter, and the URL and
	// the header of the request, are valid until ServeHTTP returns.
	ServesEarly() bool
}

// early are the connections of a server on which requests have been answered before
// net/http has read them. To net/http, they are idle.
type early struct {
	mu     sync.Mutex
	conns  map[*conn]struct{}
	sweeps bool // a sweep is due

	swept []*conn // memory of the last sweep
}

// sweepEvery is how often clients are looked for that have left.
const sweepEvery = 250 * time.Millisecond

func (e *early) add(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[c] = struct{}{}
	if !e.sweeps {
		e.sweeps = true
		time.AfterFunc(sweepEvery, e.sweep)
	}
}

func (e *early) remove(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.conns, c)
}

// all returns the connections, after others.
func (e *early) all(others []*conn) []*conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Grow(others, len(e.conns))
	for c := range e.conns {
		all = append(all, c)
	}
	return all
}

// sweep ends requests whose clients have left.
func (e *early) sweep() {
	e.swept = e.all(e.swept[:0])
	for _, c := range e.swept {
		c.look()
	}
	clear(e.swept)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sweeps = len(e.conns) > 0; e.sweeps {
		time.AfterFunc(sweepEvery, e.sweep)
	}
}

// shutdown closes connections that wait for a request, and waits for the requests in
// flight, after which their connections close. When ctx is done, it aborts them.
func (e *early) shutdown(ctx context.Context) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		busy := false
		for _, c := range e.all(nil) {
			busy = c.finish() || busy
		}
		if !busy {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			for _, c := range e.all(nil) {
				c.abort()
			}
			return ctx.Err()
		}
	}
}

// servers has the early connections of each server that may have some, until it is shut
// down.
var servers sync.Map // of *http.Server to *early

// Shutdown does for a server of [Serve] and [ServeTLS] what its method does, which knows
// nothing of requests that it has not read. When ctx is done, those are aborted.
func Shutdown(ctx context.Context, srv *http.Server) error {
	e, ok := servers.LoadAndDelete(srv)
	if !ok {
		return srv.Shutdown(ctx)
	}
	ended := make(chan error, 1)
	go func() { ended <- e.(*early).shutdown(ctx) }()
	return errors.Join(srv.Shutdown(ctx), <-ended)
}

// answering is what a connection has for requests that net/http does not see.
type answering struct {
	lane   *lane           // nil until there is a preflight
	ctx    context.Context // of GETs; nil until there is one
	remote string
	raw    syscall.RawConn // the socket

	// Those below are guarded by the mutex of the connection.
	joined  bool       // the others that net/http takes for idle
	waits   bool       // for a request that net/http may not see
	request *departure // in flight, or nil
	seen    *departure // in flight at the last sweep
	closes  bool       // when it has been answered
}

// mayBeEarly reports whether what has been read may be a plain request.
func (c *conn) mayBeEarly(head []byte) bool {
	return c.listener.answerer != nil && !c.crowded && (bytes.HasPrefix(head, optionsStart) || bytes.HasPrefix(head, getStart))
}

var (
	optionsStart = []byte("OPTIONS /")
	getStart     = []byte("GET /")
)

// answer answers plain requests, of which the first has been read into p, and
// returns how much has been read of the first request that is not one.
func (c *conn) answer(p []byte, n int) (int, error) {
	for answered := false; ; answered = true {
		ok, err := c.serveEarly(p[:n])
		switch {
		case err != nil:
			return 0, io.EOF // net/http would answer any other error, after what has been sent
		case !ok && answered: // it may take as long as a first request
			return n, c.SetReadDeadline(deadline(c.listener.server.ReadHeaderTimeout))
		case !ok:
			return n, nil
		}
		if !answered {
			c.join()
		}
		if n, err = c.next(p); err != nil {
			return n, err
		}
	}
}

// next reads the next request, or a part of it.
func (c *conn) next(p []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	c.setWaits(true)
	defer c.setWaits(false)
	return c.Conn.Read(p)
}

// join makes the connection one of those that net/http takes for idle.
func (c *conn) join() {
	c.mu.Lock()
	joined := c.early.joined
	c.early.joined = true
	c.mu.Unlock()
	if !joined {
		c.listener.early.add(c)
	}
}

func (c *conn) setWaits(waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.early.waits = waits
}

// serveEarly answers a request if it is plain. The error ends the connection.
func (c *conn) serveEarly(head []byte) (bool, error) {
	switch {
	case bytes.HasPrefix(head, optionsStart):
		if c.early.lane == nil {
			c.early.lane = newLane(c)
		}
		answer := c.early.lane.serve(head)
		if answer == nil {
			return false, nil
		}
		_, err := c.Conn.Write(answer)
		return true, err
	case canDepart && bytes.HasPrefix(head, getStart) && c.listener.answerer.ServesEarly():
		if !c.prepareEarly() {
			return false, nil
		}
		return c.serveGet(head)
	}
	return false, nil
}

// serveGet answers a request if it is a plain GET. The error ends the connection.
func (c *conn) serveGet(head []byte) (bool, error) {
	memory := plainGets.Get().(*plainGet)
	d := &departure{Context: c.early.ctx}
	r, ok := memory.parse(d, string(head))
	if !ok {
		memory.release()
		return false, nil
	}
	r.RemoteAddr, r.TLS = c.early.remote, c.secure
	err := c.handle(r, d)
	memory.release() // not after a panic
	return true, err
}

// prepareEarly prepares the connection for GETs, if its client can be watched.
func (c *conn) prepareEarly() bool {
	if c.early.ctx != nil {
		return true
	}
	socket := socketOf(c.Conn)
	if secure, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		socket = socketOf(secure.NetConn())
	}
	if socket == nil {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	ctx := context.WithValue(context.Background(), http.ServerContextKey, c.listener.server)
	ctx = context.WithValue(ctx, http.LocalAddrContextKey, c.LocalAddr())
	c.early.raw, c.early.remote, c.early.ctx = raw, c.RemoteAddr().String(), context.WithValue(ctx, connKey{}, c)
	c.join() // before the first request, during which its client may leave
	return true
}

// handle has a request answered. The error ends the connection.
func (c *conn) handle(r *http.Request, d *departure) (err error) {
	c.setRequest(d)
	defer func() {
		d.end()
		if c.setRequest(nil) {
			err = io.EOF
		}
	}()
	w := newWriter(c)
	c.listener.refuser.ServeHTTP(w, r)
	err = w.finish()
	w.release() // not after a panic
	return err
}

// setRequest says which request is in flight, and reports whether the connection is to
// be closed.
func (c *conn) setRequest(d *departure) (closes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.early.request = d
	return c.early.closes
}

// finish closes a connection that waits for a request. One on which net/http has not
// seen the request in flight closes after it, of which the result is true.
func (c *conn) finish() (busy bool) {
	c.mu.Lock()
	waits := c.early.waits
	busy = c.early.request != nil
	c.early.closes = busy
	c.mu.Unlock()
	if waits {
		_ = c.Conn.Close()
	}
	return busy
}

// abort closes the connection, and ends the request in flight that net/http has not seen.
func (c *conn) abort() {
	c.mu.Lock()
	d := c.early.request
	c.mu.Unlock()
	_ = c.Conn.Close()
	if d != nil {
		d.end()
	}
}

// look ends a request that has been in flight for a while if its client has left.
func (c *conn) look() {
	c.mu.Lock()
	d, before := c.early.request, c.early.seen
	c.early.seen = d
	c.mu.Unlock()
	if d != nil && d == before && departed(c.early.raw, c.secure != nil) {
		d.end()
	}
}

// Close implements [net.Conn]. To net/http, a connection on which a request is in flight
// that it has not seen is idle: it closes when that has been answered.
func (c *conn) Close() error {
	c.mu.Lock()
	c.early.closes = c.early.request != nil
	later, joined := c.early.closes, c.early.joined
	c.mu.Unlock()
	if later {
		return nil
	}
	if joined {
		c.listener.early.remove(c)
	}
	return c.Conn.Close()
}
