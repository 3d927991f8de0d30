//go:build unix

package upstream

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// system reads from a socket without waiting. Its functions and their
// arguments are kept, so that a read allocates nothing.
type system struct {
	raw syscall.RawConn

	p       []byte
	n       int
	err     error
	waiting func()
	reading func(fd uintptr) bool
	looking func(fd uintptr)
	byte    [1]byte

	asking func(fd uintptr) bool
	to     io.Writer // the connection
	out    []byte    // what has not been sent
	sent   bool      // a part of it has been
	unsent error     // why the rest has not
}

// open takes connections of package net only: others may do more in Read than
// their socket does.
func (s *system) open(conn net.Conn) {
	var c syscall.Conn
	switch conn := conn.(type) {
	case *net.TCPConn:
		c = conn
	case *net.UnixConn:
		c = conn
	default:
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		s.raw, s.reading, s.looking, s.asking, s.to = raw, s.tryRead, s.tryPeek, s.tryAsk, conn
	}
}

func (s *system) usable() bool { return s.raw != nil }

// read reads as a [net.Conn] does, and calls waiting before it waits.
func (s *system) read(p []byte, waiting func()) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.p, s.waiting = p, waiting
	err := s.raw.Read(s.reading)
	s.p, s.waiting = nil, nil
	return s.result(err)
}

// result returns what has become of a read.
func (s *system) result(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: s.err}
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// tryRead reports whether the read is over.
func (s *system) tryRead(fd uintptr) bool {
	for {
		s.n, s.err = syscall.Read(int(fd), s.p)
		if !errors.Is(s.err, syscall.EINTR) {
			break
		}
	}
	if !errors.Is(s.err, syscall.EAGAIN) {
		return true
	}
	if waiting := s.waiting; waiting != nil {
		s.waiting = nil
		waiting()
	}
	return false
}

// ask sends out and reads the first bytes of the answer into p. If there is something to
// read before, which answers nothing, it sends nothing and returns errUnasked. To look
// for that, to send and to wait in one go saves two calls of the system.
func (s *system) ask(out, p []byte) (sent bool, n int, err error) {
	s.p, s.out, s.sent, s.unsent = p, out, false, nil
	err = s.raw.Read(s.asking)
	s.p, s.out = nil, nil
	if s.unsent != nil {
		return s.sent, 0, s.unsent
	}
	n, err = s.result(err)
	return s.sent, n, err
}

// tryAsk is tryRead, and sends in between.
func (s *system) tryAsk(fd uintptr) bool {
	over := s.tryRead(fd)
	switch {
	case s.out == nil:
		return over
	case over:
		s.unsent = errUnasked
		return true
	}
	n, err := s.to.Write(s.out)
	s.out, s.sent, s.unsent = nil, n > 0, err
	return err != nil
}

// peek says whether bytes, or the end, have arrived and have not been read.
func (cn *conn) peek() arrival {
	s := &cn.system
	if s.raw == nil {
		return unknown
	}
	if s.n = 0; s.raw.Control(s.looking) != nil || !errors.Is(s.err, syscall.EAGAIN) {
		return arrived
	}
	return nothing
}

// ended reports whether the other end has closed or reset the connection.
func (cn *conn) ended() bool { return cn.peek() == arrived && cn.system.n <= 0 }

func (s *system) tryPeek(fd uintptr) {
	s.n, _, s.err = syscall.Recvfrom(int(fd), s.byte[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
}
