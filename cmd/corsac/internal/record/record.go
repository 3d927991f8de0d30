// Package record keeps what a server sees: the requests that it got and the
// answers that it gave, as package fetch replays them.
//
//   - [Handler] records every exchange of a handler into a [Ring], as soon as
//     the status and the header lines of the answer are final, and so before
//     the browser has any of it. Bodies are counted, not kept.
//   - Secrets are masked before they reach the ring: credentials, cookies, keys
//     and tokens in headers and URLs. A few characters are left to recognise
//     them. What the CORS protocol decides never depends on what is masked.
//   - Everything is bounded: the ring by exchanges and bytes, a message by
//     lines and bytes. What is cut says so ([Exchange.Cut]).
//   - [WriteHAR] writes exchanges as a HAR file.
package record

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
)

// Exchange is a request that a server got, and the answer of its handler.
type Exchange struct {
	// Recorded is the exchange as it was on the wire, without secrets. URL is
	// absolute, as browsers write it. The lines of a message are sorted by name,
	// those of CORS first; lines of one name are in their order. Those of the
	// answer are the handler's; the server adds its own, such as Date. What a
	// server cannot know, such as Kind and Body, is left zero.
	//
	// Status is 0 if there was no answer: the handler panicked, and Err is what
	// Chromium calls that, or the client went away. It is also 0 if the answer
	// went past the recorder, after Hijack.
	fetch.Recorded

	// ID counts the exchanges of a ring from 1, in the order in which their
	// answers became final.
	ID uint64
	// Server is the name that was given to [Handler].
	Server string
	// Protocol is the version of HTTP, such as "HTTP/1.1".
	Protocol string

	// Start is when the handler was called. Wait is how long it took until the
	// answer was final, and Duration until the handler returned.
	Start          time.Time
	Wait, Duration time.Duration

	// RequestBytes is the length of the body that the request declares, -1 if
	// it does not. ResponseBytes is how many bytes of a body were written.
	RequestBytes, ResponseBytes int64

	// Done reports that the handler has returned or panicked. Until then,
	// Duration and ResponseBytes are 0, and the next three may still become true.
	Done bool
	// Panicked reports that the handler panicked, be it with
	// [http.ErrAbortHandler]: the answer may have been lost.
	Panicked bool
	// Gone reports that the client went away before the handler returned.
	Gone bool
	// Hijacked reports that the handler took over the connection, as for a
	// WebSocket. What was sent from then on is not known.
	Hijacked bool
	// Cut reports that something was too long: what ends in "..." was cut, and
	// header lines may be missing.
	Cut bool
}

// Handler returns next with its exchanges recorded in ring, under the name of a
// server. To next, the ResponseWriter is as good as the server's own:
// [http.ResponseController] finds all that the server's can do.
func Handler(next http.Handler, ring *Ring, server string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, ring: ring, exchange: newExchange(r, server)}
		returned := false
		defer func() { rec.finish(r.Context(), !returned) }()
		next.ServeHTTP(rec, r)
		returned = true
	})
}

// recorder adds an exchange to a ring when its answer becomes final.
type recorder struct {
	http.ResponseWriter

	ring     *Ring
	exchange Exchange
	final    bool
	written  int64 // bytes of the body
}

// answer records the status and the header lines of the answer, once.
func (r *recorder) answer(status int) {
	if r.final {
		return
	}
	r.exchange.Status = status
	r.exchange.ResponseHeaders = r.exchange.lines(r.Header())
	r.keep()
}

// keep adds the exchange to the ring, as one whose answer is final.
func (r *recorder) keep() {
	r.final = true
	r.exchange.Wait = time.Since(r.exchange.Start)
	r.exchange.ID = r.ring.add(r.exchange)
}

// WriteHeader records the answer, unless it is an interim one, or none that
// net/http writes.
func (r *recorder) WriteHeader(status int) {
	if status >= 200 && status <= 999 || status == http.StatusSwitchingProtocols {
		r.answer(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write records the answer if WriteHeader was not called.
func (r *recorder) Write(b []byte) (int, error) {
	r.answer(http.StatusOK)
	n, err := r.ResponseWriter.Write(b)
	r.written += int64(n)
	return n, err
}

// sniffed is how much net/http looks at to guess a Content-Type.
const sniffed = 512

// ReadFrom implements [io.ReaderFrom], so that files are sent as fast as without
// a recorder. What comes first goes through Write: of an empty src, the answer
// is not final yet.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(struct{ io.Writer }{r}, io.LimitReader(src, sniffed))
	if err != nil || n < sniffed {
		return n, err
	}
	more, err := io.Copy(r.ResponseWriter, src)
	r.written += more
	return n + more, err
}

// Unwrap lets [http.ResponseController] find the methods of the server's
// writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// FlushError records the answer, which a flush makes final, if the server's
// writer can flush.
func (r *recorder) FlushError() error {
	if canFlush(r.ResponseWriter) {
		r.answer(http.StatusOK)
	}
	return http.NewResponseController(r.ResponseWriter).Flush()
}

// canFlush reports whether [http.ResponseController] finds a way to flush w.
func canFlush(w http.ResponseWriter) bool {
	for {
		switch t := w.(type) {
		case interface{ FlushError() error }, http.Flusher:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}

// Flush implements [http.Flusher].
func (r *recorder) Flush() { _ = r.FlushError() } // a Flusher cannot fail

// Hijack implements [http.Hijacker]. It records the exchange: what is sent from
// then on goes past the recorder.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		if !r.final {
			r.keep()
		}
		r.ring.update(r.exchange.ID, func(x *Exchange) { x.Hijacked = true })
	}
	return conn, buffered, err
}

// finish records how the exchange ended.
func (r *recorder) finish(ctx context.Context, panicked bool) {
	gone := ctx.Err() != nil
	switch {
	case r.final:
	case panicked:
		r.exchange.Err = &fetch.NetError{Code: noAnswer(r.exchange.Protocol)}
		r.keep()
	case gone:
		r.keep()
	default:
		r.answer(http.StatusOK) // which net/http writes now
	}
	duration, written := time.Since(r.exchange.Start), r.written
	if r.exchange.Method == http.MethodHead {
		written = 0
	}
	r.ring.update(r.exchange.ID, func(x *Exchange) {
		x.Done, x.Duration, x.ResponseBytes = true, duration, written
		x.Panicked, x.Gone = panicked, gone
	})
}

// noAnswer is Chromium's name of the failure if a server breaks off before its
// answer.
func noAnswer(protocol string) fetch.Code {
	if strings.HasPrefix(protocol, "HTTP/1.") {
		return fetch.CodeEmptyResponse
	}
	return "net::ERR_HTTP2_PROTOCOL_ERROR"
}
