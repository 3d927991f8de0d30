//go:build unix

package gateway

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// receive reads as Conn.Read does. Bytes leave the kernel and are judged in one
// step, so that check sees them in one place or the other.
func (c *upstreamConn) receive(p []byte) (n int, err error) {
	raw, ok := c.raw()
	if !ok || len(p) == 0 {
		return c.Conn.Read(p)
	}
	var cause error
	err = raw.Read(func(fd uintptr) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for {
			n, cause = syscall.Read(int(fd), p)
			if !errors.Is(cause, syscall.EINTR) {
				break
			}
		}
		if errors.Is(cause, syscall.EAGAIN) {
			return false
		}
		c.received(n)
		return true
	})
	switch {
	case err != nil:
		return 0, err
	case cause != nil:
		return 0, &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: cause}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// readable reports whether bytes, or the end, have arrived and have not been
// read.
func (c *upstreamConn) readable() bool {
	raw, ok := c.raw()
	if !ok {
		return false
	}
	var cause error
	err := raw.Control(func(fd uintptr) {
		_, _, cause = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err != nil || !errors.Is(cause, syscall.EAGAIN)
}

func (c *upstreamConn) raw() (syscall.RawConn, bool) {
	s, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, false
	}
	raw, err := s.SyscallConn()
	return raw, err == nil
}
