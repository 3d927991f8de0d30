package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

const (
	// maxContinue is how long a body waits for an interim response 100. A server
	// may not know that it should send one (RFC 9110 §10.1.1).
	maxContinue = time.Second

	// maxFinishing is how long the last bytes of a request may take to be sent,
	// once the whole response has been read.
	maxFinishing = 50 * time.Millisecond

	pieceSize = 32 << 10
)

// sender sends the body of a request while the response is read.
type sender struct {
	conn    *conn
	body    io.ReadCloser
	length  int64 // negative for a body in chunks
	trailer http.Header

	started  chan struct{} // the body may be sent; nil if it need not wait
	stopped  chan struct{} // it must not be sent any more
	starting sync.Once
	stopping sync.Once
	read     atomic.Bool           // the whole body has been read
	failure  atomic.Pointer[error] // why the body cannot be read
	done     chan struct{}         // err says whether the whole body has been sent
	err      error
}

// newSender returns what sends the rest of a body, whose length is negative if it
// is unknown.
func newSender(cn *conn, r *Request, length int64) *sender {
	s := &sender{
		conn: cn, body: r.Body, length: length, trailer: r.Trailer,
		stopped: make(chan struct{}), done: make(chan struct{}),
	}
	if r.Continue {
		s.started = make(chan struct{})
	}
	return s
}

// run sends the body, and ends when it has been sent, or cannot be.
func (s *sender) run() {
	defer close(s.done)
	if s.started != nil && !s.wait() {
		s.err = errClosed
		return
	}
	buffer := pieces.Get().(*[pieceSize]byte)
	defer pieces.Put(buffer)
	if s.length < 0 {
		s.err = s.chunks(buffer[:])
	} else {
		s.err = s.sized(buffer[:])
	}
}

// wait waits until the body may be sent, and reports whether it still must.
func (s *sender) wait() bool {
	timer := time.NewTimer(maxContinue)
	defer timer.Stop()
	select {
	case <-s.started:
	case <-timer.C:
	case <-s.stopped:
		return false
	}
	return true
}

// sized sends a body of a known length, neither more nor less.
func (s *sender) sized(buffer []byte) error {
	for left := s.length; left > 0; {
		n, err := s.body.Read(buffer[:min(left, int64(len(buffer)))])
		if left -= int64(n); left == 0 {
			s.read.Store(true)
		}
		if n > 0 {
			if _, err := s.conn.Write(buffer[:n]); err != nil {
				return err
			}
		}
		if err != nil && left > 0 {
			return s.fail(err)
		}
	}
	return nil
}

// chunks sends a body of unknown length, each piece with the line before it and
// its end in one write.
func (s *sender) chunks(buffer []byte) error {
	var line [http1.ChunkHead]byte
	room := buffer[http1.ChunkHead : len(buffer)-len(http1.ChunkEnd)]
	for {
		n, err := s.body.Read(room)
		if n > 0 {
			head := http1.AppendChunkHead(line[:0], n)
			from := http1.ChunkHead - len(head)
			copy(buffer[from:], head)
			copy(room[n:len(room)+len(http1.ChunkEnd)], http1.ChunkEnd)
			if _, err := s.conn.Write(buffer[from : http1.ChunkHead+n+len(http1.ChunkEnd)]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return s.last()
		}
		if err != nil {
			return s.fail(err)
		}
	}
}

// fail ends the exchange: the server would wait for a rest that never comes.
func (s *sender) fail(err error) error {
	err = fmt.Errorf("%w: %w", ErrBody, unexpected(err))
	s.failure.Store(&err)
	s.conn.abort()
	return err
}

// last sends the end of a body in chunks. Only now are the trailers known.
func (s *sender) last() error {
	s.read.Store(true)
	var fields []http1.Field
	for name, values := range s.trailer {
		for _, value := range values {
			fields = append(fields, http1.Field{Name: name, Value: value})
		}
	}
	end, err := http1.AppendLastChunk(nil, fields)
	if err == nil {
		_, err = s.conn.Write(end)
	}
	return err
}

// start lets a body that waits be sent.
func (s *sender) start() {
	if s.started != nil {
		s.starting.Do(func() { close(s.started) })
	}
}

// stop lets a body that waits never be sent. It is for a connection that has been
// closed, so that a write fails.
func (s *sender) stop() {
	if s != nil {
		s.stopping.Do(func() { close(s.stopped) })
	}
}

// finished reports whether the whole request has been sent.
func (s *sender) finished() bool {
	if s == nil {
		return true
	}
	if !s.read.Load() {
		return false
	}
	timer := time.NewTimer(maxFinishing)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.err == nil
	case <-timer.C:
		return false
	}
}

// unexpected is err for a body that must not have ended.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}
