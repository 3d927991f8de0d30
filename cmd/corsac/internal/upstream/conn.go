package upstream

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

const (
	bufferSize = 8 << 10
	keptBuffer = 32 << 10 // a larger buffer is not kept for the next exchange
)

// conn is a connection for HTTP/1.1. One exchange has it at a time.
type conn struct {
	net.Conn // raw, or TLS over it
	raw      net.Conn
	records  *records // nil without TLS
	system   system

	in    []byte // in[r:w] has arrived and has not been read
	r, w  int
	out   []byte
	until time.Time // it may be idle
	used  bool      // by an exchange before
}

func newConn(raw net.Conn) *conn {
	cn := &conn{Conn: raw, raw: raw, in: make([]byte, bufferSize)}
	cn.system.open(raw)
	return cn
}

// abort closes the connection at once, whatever is in progress. It does not wait
// for a TLS alert to be sent: lengths and chunks say where messages end.
func (cn *conn) abort() { _ = cn.raw.Close() }

// arrived is what a look at a connection finds.
type arrival int

const (
	unknown arrival = iota // this system does not say
	nothing
	arrived // bytes, or the end
)

var errUnasked = errors.New("it has sent something, or closed the connection, before it was asked")

// asks reports whether [conn.ask] can be used.
func (cn *conn) asks() bool { return cn.records == nil && cn.system.usable() && cn.r == cn.w }

// ask sends a request, and waits for the first bytes of its response. The error is
// errUnasked if something has arrived before; nothing is sent then.
func (cn *conn) ask(out []byte) (sent bool, err error) {
	cn.r, cn.w = 0, 0
	sent, cn.w, err = cn.system.ask(out, cn.in)
	return sent, err
}

// quiet reports whether nothing has arrived on an idle connection: neither bytes,
// which would be taken for the response to the next request, nor the end.
func (cn *conn) quiet() bool {
	if cn.r != cn.w {
		return false
	}
	wait := time.Time{}
	switch cn.peek() {
	case arrived:
		return false
	case nothing:
		if cn.records == nil {
			return true
		}
		wait = time.Unix(1, 0) // only what TLS has decrypted
	case unknown:
		wait = time.Now().Add(time.Millisecond)
	}
	_ = cn.SetReadDeadline(wait)
	var b [1]byte
	n, err := cn.Read(b[:])
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || cn.records != nil && !cn.records.whole() {
		return false
	}
	return cn.SetReadDeadline(time.Time{}) == nil
}

// read reads into p. It calls waiting, if that is not nil, before it waits.
func (cn *conn) read(p []byte, waiting func()) (int, error) {
	if cn.records == nil && cn.system.usable() {
		return cn.system.read(p, waiting)
	}
	if waiting != nil {
		waiting()
	}
	return cn.Read(p)
}

// fill reads bytes behind those that have arrived.
func (cn *conn) fill(waiting func()) error {
	switch {
	case cn.r == cn.w:
		cn.r, cn.w = 0, 0
	case cn.w == len(cn.in) && cn.r > 0:
		cn.w = copy(cn.in, cn.in[cn.r:cn.w])
		cn.r = 0
	case cn.w == len(cn.in): // bounded by whoever reads
		larger := make([]byte, min(2*len(cn.in), http1.MaxHead+bufferSize))
		copy(larger, cn.in)
		cn.in = larger
	}
	n, err := cn.read(cn.in[cn.w:], waiting)
	cn.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// rest gives up buffers that have become large.
func (cn *conn) rest() {
	if len(cn.in) > keptBuffer {
		cn.in = make([]byte, bufferSize)
	}
	if cap(cn.out) > keptBuffer {
		cn.out = nil
	}
	cn.r, cn.w = 0, 0
}

// records is a connection below TLS that knows whether a record has arrived in
// part (RFC 8446 §5.1): its end may arrive after the next request, and then what
// is in it would be taken for the response.
type records struct {
	net.Conn

	head [5]byte
	n    int // bytes of the head
	left int // bytes of the record
}

// Read implements [net.Conn].
func (r *records) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	for b := p[:n]; len(b) > 0; {
		if r.left > 0 {
			part := min(r.left, len(b))
			r.left, b = r.left-part, b[part:]
			continue
		}
		part := copy(r.head[r.n:], b)
		if r.n, b = r.n+part, b[part:]; r.n == len(r.head) {
			r.n, r.left = 0, int(r.head[3])<<8|int(r.head[4])
		}
	}
	return n, err
}

// whole reports whether only whole records have arrived.
func (r *records) whole() bool { return r.n == 0 && r.left == 0 }

// secure returns the connection with TLS over it, before the handshake.
func secure(raw net.Conn, config *tls.Config) *conn {
	cn := newConn(raw)
	cn.records = &records{Conn: raw}
	cn.Conn = tls.Client(cn.records, config)
	return cn
}
