package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/fetch"
)

// The bounds on a body that is read to its end.
const (
	maxWhole     = 8 << 20 // bytes as they are sent
	maxDecoded   = 64 << 20
	maxWholeTime = 3 * time.Second
	maxStart     = 1 << 10 // bytes of fetch.Received.Start
)

// errUnfinished is why nothing is known about a body: it did not end within the
// bounds.
var errUnfinished = errors.New("the body did not end")

// bodyIn is a body as it arrives.
type bodyIn struct {
	raw  io.Reader     // the body, without its framing
	idle time.Duration // how long to wait for more

	kept  []byte // the beginning, at most most bytes
	most  int64
	read  int64
	err   error // why the body ended early; errUnfinished if it is not known
	over  bool
	timer *time.Timer
}

// Read implements io.Reader. Whatever ends the body looks like its end, and is
// in b.err.
func (b *bodyIn) Read(p []byte) (int, error) {
	if b.over {
		return 0, io.EOF
	}
	n, err := b.raw.Read(p)
	if n > 0 {
		b.timer.Reset(b.idle)
	}
	if room := b.most - int64(len(b.kept)); room > 0 {
		b.kept = append(b.kept, p[:min(int64(n), room)]...)
	}
	b.read += int64(n)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		b.err, b.over = err, true
	case err != nil:
		b.over = true
	case b.read > maxWhole:
		b.err, b.over = errUnfinished, true
	}
	if n > 0 {
		return n, nil
	}
	if b.over {
		return 0, io.EOF
	}
	return 0, nil
}

// receive reads a body to its end, or as far as the bounds allow, and stores its
// beginning as it was sent in record. It returns nil if the body did not end.
func (p *Probe) receive(ctx context.Context, raw io.Reader, headers fetch.Headers, stop func(), record *Record) *fetch.Received {
	ctx, cancel := context.WithTimeout(ctx, maxWholeTime)
	defer cancel()
	defer context.AfterFunc(ctx, stop)()
	b := &bodyIn{raw: raw, idle: p.bodyTime(), most: p.KeepBody}
	var expired atomic.Bool
	b.timer = time.AfterFunc(b.idle, func() { expired.Store(true); stop() })
	defer b.timer.Stop()
	got := &fetch.Received{}
	var err error
	got.Start, err = decodeStart(b, headers.Get("Content-Encoding"))
	got.Empty = b.read == 0
	if err == nil {
		_, _ = io.Copy(io.Discard, b) // what follows the encoded part; its error is in b.err
	}
	record.Body = b.kept
	switch {
	case expired.Load(), ctx.Err() != nil, errors.Is(b.err, errUnfinished), errors.Is(err, errUnfinished):
		record.Unfinished = true
		return nil
	case err != nil:
		got.Err = &fetch.NetError{Code: fetch.CodeDecodingFailed, Err: err}
	case b.err != nil:
		got.Err = &fetch.NetError{Code: codeOfBody(b.err), Err: b.err}
	}
	return got
}

// receives reports whether the body of a response is read to its end.
func (p *Probe) receives(w *fetch.WireRequest, response *fetch.WireResponse) bool {
	redirect := response.Status/100 == 3 && response.Headers.Has("Location")
	return p.WholeBody && hasBody(w, response) && w.Kind == fetch.KindActual && !redirect
}

// hasBody reports whether a response has a body (RFC 9112 §6.3).
func hasBody(w *fetch.WireRequest, response *fetch.WireResponse) bool {
	return w.Method != http.MethodHead && response.Status >= 200 && response.Status != http.StatusNoContent && response.Status != http.StatusNotModified
}

func (p *Probe) bodyTime() time.Duration {
	if p.BodyTime > 0 {
		return p.BodyTime
	}
	return maxWholeTime
}

// Faults in the framing of a body.
var (
	errShort      = errors.New("a part of the body is missing")
	errChunkCut   = errors.New("the last chunk is missing")
	errChunkWrong = errors.New("not a chunk")
)

// codeOfBody returns Chromium's name for what ended a body early.
func codeOfBody(err error) fetch.Code {
	var frame http2.StreamError
	switch {
	case errors.Is(err, errShort):
		return fetch.CodeLengthMismatch
	case errors.Is(err, errChunkCut):
		return fetch.CodeChunksIncomplete
	case errors.Is(err, errChunkWrong):
		return fetch.CodeChunksInvalid
	case errors.As(err, &frame), errors.Is(err, errHTTP2):
		return fetch.CodeHTTP2
	case errors.Is(err, syscall.ECONNRESET):
		return fetch.CodeConnectionReset
	}
	return codeOf(err)
}

// framed returns the body that follows a head, without its framing. As in
// browsers, chunks take precedence over a length, and a length that is not a
// number does not count.
func framed(r *bufio.Reader, headers fetch.Headers) io.Reader {
	if slices.ContainsFunc(headers.Values("Transfer-Encoding"), func(v string) bool { return strings.EqualFold(v, "chunked") }) {
		return &chunks{r: r}
	}
	first, _, _ := strings.Cut(headers.Get("Content-Length"), ",")
	if n, err := strconv.ParseUint(strings.TrimSpace(first), 10, 63); err == nil {
		return &counted{r: r, want: int64(n)}
	}
	return toEnd{r}
}

// toEnd is a body that ends with the connection. TLS may end without saying so.
type toEnd struct{ r io.Reader }

// Read implements io.Reader.
func (t toEnd) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// counted is a body with a length.
type counted struct {
	r         io.Reader
	want, got int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	if c.got == c.want {
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.want-c.got)])
	c.got += int64(n)
	if isEnd(err) {
		if c.got == c.want {
			return n, io.EOF
		}
		return n, fmt.Errorf("%w: %d of %d bytes came", errShort, c.got, c.want)
	}
	return n, err
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// chunks is a body in chunks (RFC 9112 §7.1), as Chromium reads it: a line may
// end in LF alone, and the line after the last chunk is needed.
type chunks struct {
	r    *bufio.Reader
	left uint64 // of the current chunk
	some bool   // a chunk has been read, whose line end is still there
	err  error  // once the body has ended
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	if uint64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= uint64(n)
	if isEnd(err) {
		err = errChunkCut
	}
	c.err = err
	return n, err
}

// next reads the line with the size of the next chunk. It returns io.EOF after
// the last chunk and its trailers.
func (c *chunks) next() error {
	if c.some {
		if line, err := c.line(); err != nil {
			return err
		} else if line != "" {
			return fmt.Errorf("%w: a chunk is longer than it says", errChunkWrong)
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	size = strings.TrimRight(size, " ")
	if c.left, err = strconv.ParseUint(size, 16, 63); err != nil || strings.ContainsAny(size, "_+-") {
		return fmt.Errorf("%w: %.20q is not the size of a chunk", errChunkWrong, size)
	}
	c.some = true
	if c.left > 0 {
		return nil
	}
	for {
		if line, err = c.line(); err != nil || line == "" {
			break
		}
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// line reads a line. One that does not fit into the buffer is wrong.
func (c *chunks) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("%w: a line is too long", errChunkWrong)
	case isEnd(err):
		return "", errChunkCut
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
}
