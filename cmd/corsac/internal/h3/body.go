package h3

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// settleBody gives a request the body that net/http would: none, if nothing follows
// the header of a method that has none as a rule.
func (s *Server) settleBody(w http.ResponseWriter, r *http.Request) error {
	b := &body{request: r, from: r.Body, trailers: r.Trailer}
	r.Body = b
	switch {
	case r.ContentLength == 0:
		r.Body = http.NoBody
	case r.ContentLength < 0 && mayLackBody(r.Method):
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(s.o.HeaderTimeout))
		n, err := b.Read(b.first[:])
		_ = control.SetReadDeadline(time.Time{})
		b.ready, b.failed = b.first[:n], err
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case n == 0 && errors.Is(err, io.EOF):
			r.Body, r.ContentLength = http.NoBody, 0
		}
	}
	return nil
}

func mayLackBody(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodDelete:
		return true
	}
	return false
}

// body is that of a request. Its errors and trailers are as net/http has them.
type body struct {
	request  *http.Request
	from     io.ReadCloser
	trailers http.Header // those that are announced, which quic-go replaces

	first  [1]byte
	ready  []byte // of first
	failed error  // what the first Read returned besides
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if len(b.ready) > 0 && len(p) > 0 {
		n := copy(p, b.ready)
		b.ready = b.ready[n:]
		return n, b.failed
	}
	if b.failed != nil {
		return 0, b.failed
	}
	n, err := b.from.Read(p)
	if errors.Is(err, io.EOF) {
		maps.DeleteFunc(b.request.Trailer, func(name string, _ []string) bool { _, ok := b.trailers[name]; return !ok })
		maps.Copy(b.trailers, b.request.Trailer)
	} else if hasLeft(err) {
		err = fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
	}
	return n, err
}

// hasLeft reports whether an error means that the client has reset its stream, or
// that its connection has ended.
func hasLeft(err error) bool {
	var stream *http3.Error
	var transport *quic.TransportError
	var idle *quic.IdleTimeoutError
	return errors.As(err, &stream) || errors.As(err, &transport) || errors.As(err, &idle)
}

// Close implements [io.Closer].
func (b *body) Close() error { return b.from.Close() }
