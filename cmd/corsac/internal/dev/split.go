package dev

import (
	"net"
	"sync"
	"time"
)

// handshake is the first byte of a TLS connection: the type of its first record (RFC
// 8446 §5.1).
const handshake = 0x16

// split returns two listeners for the connections of l: for those that begin a TLS
// handshake, and for others. A client that says nothing for as long as patience is
// disconnected. All end when l does, which both close.
func split(l net.Listener, patience time.Duration) (secure, plain net.Listener) {
	ended := &ending{done: make(chan struct{})}
	a := &half{Listener: l, ending: ended, accepted: make(chan accepted)}
	b := &half{Listener: l, ending: ended, accepted: make(chan accepted)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil { // the server that gets it waits, or gives up and closes l
				if !a.offer(accepted{err: err}) {
					return
				}
				continue
			}
			go sortOut(c, a, b, patience)
		}
	}()
	return a, b
}

// sortOut gives a connection to one of two listeners, by its first byte.
func sortOut(c net.Conn, secure, plain *half, patience time.Duration) {
	first := make([]byte, 1)
	err := c.SetReadDeadline(time.Now().Add(patience))
	if err == nil {
		_, err = c.Read(first)
	}
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	to := plain
	if first[0] == handshake {
		to = secure
	}
	if err != nil || !to.offer(accepted{conn: &begun{Conn: c, first: first}}) {
		_ = c.Close()
	}
}

// ending says when a listener has been closed, which happens once, and with what error.
type ending struct {
	once sync.Once
	done chan struct{}
	err  error
}

// half is one of the listeners of [split].
type half struct {
	net.Listener
	*ending

	accepted chan accepted
}

type accepted struct {
	conn net.Conn
	err  error
}

// offer reports whether somebody has accepted, before the end.
func (h *half) offer(a accepted) bool {
	select {
	case h.accepted <- a:
		return true
	case <-h.done:
		return false
	}
}

// Accept implements [net.Listener].
func (h *half) Accept() (net.Conn, error) {
	select {
	case a := <-h.accepted:
		return a.conn, a.err
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (h *half) Close() error {
	h.once.Do(func() {
		close(h.done)
		h.err = h.Listener.Close()
	})
	return h.err
}

// begun is a connection of which the first byte has been read.
type begun struct {
	net.Conn

	first []byte // what is still to be read of it
}

// Read implements [net.Conn].
func (c *begun) Read(p []byte) (int, error) {
	if len(c.first) > 0 && len(p) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}
