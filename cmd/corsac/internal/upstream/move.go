package upstream

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// movable is from which length on a body is moved by the system. Less does not
// gain anything.
const movable = 128 << 10

// ErrMove is the error of a body that its receiver does not take.
var ErrMove = errors.New("the receiver does not take the body")

// Movable implements [Body]. TLS and chunks have to be read, and so does what has
// been read together with the head.
func (b *body) Movable() bool {
	cn := b.ex.conn
	_, plain := cn.Conn.(*net.TCPConn)
	return plain && b.err == nil && b.kind == http1.Sized && b.left >= movable && cn.r == cn.w
}

// Move implements [Body].
func (b *body) Move(to io.ReaderFrom) error {
	rest := io.LimitedReader{R: b.ex.conn.Conn, N: b.left}
	_, err := to.ReadFrom(&rest) // splice(2) on Linux
	b.left = rest.N
	switch {
	case b.left == 0:
		b.end(io.EOF)
		return nil
	case err == nil:
		err = io.ErrUnexpectedEOF
	case !b.ex.conn.ended():
		err = fmt.Errorf("%w: %w", ErrMove, err)
	}
	b.end(err)
	return b.err
}
