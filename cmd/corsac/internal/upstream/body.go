package upstream

import (
	"errors"
	"io"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// body reads the body of a response. When it has ended, the connection is no
// longer its own.
type body struct {
	ex      *exchange
	kind    http1.Kind
	left    int64 // of a body whose length is known
	decoder http1.Decoder
	err     error // what Read returns from now on
}

// Read implements [io.Reader]. It returns [io.EOF] together with the last bytes
// if it can.
func (b *body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	switch b.kind {
	case http1.Sized:
		n, err = b.take(p, b.left)
		if b.left -= int64(n); b.left == 0 {
			err = io.EOF
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	case http1.Chunked:
		n, err = b.chunk(p)
	default:
		n, err = b.take(p, int64(len(p)))
	}
	if err != nil {
		b.end(err)
	}
	return n, b.err
}

// take returns at most limit bytes that have arrived, or waits for some.
func (b *body) take(p []byte, limit int64) (int, error) {
	p = p[:min(int64(len(p)), limit)]
	cn := b.ex.conn
	if cn.r < cn.w {
		n := copy(p, cn.in[cn.r:cn.w])
		cn.r += n
		return n, nil
	}
	return cn.read(p, b.ex.request.Waiting)
}

// chunk returns content of chunks (RFC 9112 §7.1).
func (b *body) chunk(p []byte) (n int, err error) {
	for {
		if err := b.advance(n > 0); err != nil {
			return n, err
		}
		left := b.decoder.Left()
		if n == len(p) || left == 0 || n > 0 && b.ex.conn.r == b.ex.conn.w {
			return n, nil
		}
		part, err := b.take(p[n:], left)
		n += part
		b.decoder.Skip(int64(part))
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return n, err
		}
	}
}

// advance goes to the next content, and returns [io.EOF] if there is none. If it
// must not wait, it stops where nothing has arrived.
func (b *body) advance(mayNotWait bool) error {
	cn := b.ex.conn
	for b.decoder.Left() == 0 {
		used, err := b.decoder.Advance(cn.in[cn.r:cn.w])
		cn.r += used
		switch {
		case err != nil:
			return err
		case b.decoder.Done():
			return io.EOF
		case b.decoder.Left() > 0 || mayNotWait:
			return nil
		}
		if err := cn.fill(b.ex.request.Waiting); errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
	return nil
}

// end ends the exchange.
func (b *body) end(err error) {
	if b.err = err; errors.Is(err, io.EOF) {
		b.ex.finish()
		return
	}
	b.ex.stop()
	if !errors.Is(err, errClosed) {
		b.err = b.ex.explain(err)
	}
}

// Close implements [io.Closer]. What has not been read is lost, and so is the
// connection.
func (b *body) Close() error {
	if b.err == nil {
		b.end(errClosed)
	}
	return nil
}

var errClosed = errors.New("the body has been closed")

// Trailers implements [Body].
func (b *body) Trailers() []http1.Field { return b.decoder.Trailers }
