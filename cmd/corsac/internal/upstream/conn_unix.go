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
		s.raw, s.reading, s.looking = raw, s.tryRead, s.tryPeek
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
