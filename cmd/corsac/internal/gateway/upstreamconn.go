package gateway

import (
	"errors"
	"net"
	"sync"
)

var errSurplus = errors.New("it sent bytes that belong to no response")

// upstreamConn is a connection to an upstream. With HTTP/1, it serves one
// request at a time, its owner, and finds bytes that the upstream has sent after
// a response: net/http might take them for the response to the next request,
// which may be somebody else's.
type upstreamConn struct {
	net.Conn

	mu      sync.Mutex
	changed sync.Cond
	owner   *forwarding
	reading bool // a Read waits and has nothing yet
	closed  bool
	between bool // no byte of the next request has been sent
	surplus bool // bytes have arrived in between
}

func newUpstreamConn(conn net.Conn) *upstreamConn {
	c := &upstreamConn{Conn: conn}
	c.changed.L = &c.mu
	return c
}

// begin makes f the owner. If the connection has served a request before,
// net/http has read its response, and now either waits for more bytes or closes
// the connection because it already has some. Until it has done so, nobody can
// know which.
func (c *upstreamConn) begin(f *forwarding, reused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for reused && !c.reading && !c.closed {
		c.changed.Wait()
	}
	// Over TLS, a server may send tickets before the first request.
	c.owner, c.between = f, reused
}

// end ends the ownership of f, if it still is the owner.
func (c *upstreamConn) end(f *forwarding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owner == f {
		c.owner = nil
	}
}

// abandon closes the connection if f still is the owner.
func (c *upstreamConn) abandon(f *forwarding) {
	c.mu.Lock()
	owns := c.owner == f
	c.mu.Unlock()
	if owns {
		_ = c.Conn.Close() // it waits for a read, which needs the lock
	}
}

// Read implements [net.Conn].
func (c *upstreamConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.reading = true
	c.changed.Broadcast()
	c.mu.Unlock()
	n, err := c.receive(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	if c.surplus {
		return 0, errSurplus
	}
	return n, err
}

// received notes that a Read has got n bytes. The caller holds the lock.
func (c *upstreamConn) received(n int) {
	c.reading = false
	c.surplus = c.surplus || c.between && n > 0
}

// Write implements [net.Conn]. It writes nothing if there is something to read
// before the request, and net/http then uses another connection if it can.
func (c *upstreamConn) Write(p []byte) (int, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// check checks that nothing has arrived before a request.
func (c *upstreamConn) check() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.between {
		return nil
	}
	if c.surplus || c.readable() {
		c.surplus = true
		return errSurplus
	}
	c.between = false
	return nil
}

// Close implements [net.Conn]. It ends a read of the owner's body: net/http
// waits for that before it reports why the connection failed.
func (c *upstreamConn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.changed.Broadcast()
	owner := c.owner
	c.mu.Unlock()
	if owner != nil {
		_ = owner.body.Close()
	}
	return c.Conn.Close()
}
