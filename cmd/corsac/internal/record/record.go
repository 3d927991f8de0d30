// Package record keeps what a server sees: its requests and responses, in the
// form that package fetch replays.
//
//   - [Handler] records every exchange of a handler in a [Ring] as soon as the
//     status and the header lines of the response are final, so before the
//     browser gets any of it. Bodies are counted, and
//     kept only by rings that are asked to.
//   - Secrets are masked before they reach the ring: credentials, cookies, keys
//     and tokens in headers and URLs. A few characters remain to recognise
//     them. No decision of the CORS protocol depends on what is masked. A ring
//     may keep the values apart ([Ring.KeepSecrets]), for people who ask for one.
//   - Everything is bounded: the ring by exchanges and bytes, a message by
//     lines and bytes. Whatever is truncated is marked ([Exchange.Cut]).
//   - [Ring.Since] follows a ring without polling.
//   - [Note] adds what a proxy did with a request.
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

// Exchange is a request to a server and the response of its handler.
type Exchange struct {
	// Recorded is the exchange on the wire, without secrets. URL is absolute,
	// as browsers write it. The lines of a message are sorted by name, with
	// those of CORS first; lines of one name stay in order. Response lines are
	// those of the handler; the server adds its own, such as Date. Fields that
	// a server cannot know, such as Kind and Body, are zero.
	//
	// Status is 0 if there was no response: the handler panicked, and Err is
	// Chromium's name for the result, or the client disconnected. It is also 0
	// if the handler bypassed the recorder with Hijack.
	fetch.Recorded

	// Proxied is what a proxy did, if there is one that says so.
	Proxied Proxied

	// ID numbers the exchanges of a ring from 1, in the order in which their
	// responses became final.
	ID uint64
	// Server is the name passed to [Handler].
	Server string
	// Protocol is the version of HTTP, such as "HTTP/1.1".
	Protocol string

	// Start is when the handler was called. Wait is the time until the response
	// was final, and Duration the time until the handler returned.
	Start          time.Time
	Wait, Duration time.Duration

	// RequestBytes is the body length that the request declares, or -1.
	// ResponseBytes is the number of body bytes written.
	RequestBytes, ResponseBytes int64

	// Done says that the handler has returned or panicked. Until then, Duration
	// and ResponseBytes are 0, and the next three fields may still become true.
	Done bool
	// Panicked says that the handler panicked, possibly with
	// [http.ErrAbortHandler]. The response may have been lost.
	Panicked bool
	// Gone says that the client disconnected before the handler returned.
	Gone bool
	// Hijacked says that the handler took over the connection, as for a
	// WebSocket. What was sent afterwards is unknown.
	Hijacked bool
	// Cut says that something was too long: values that end in "..." were
	// truncated, and header lines may be missing.
	Cut bool

	// Content is the body of the response, if the ring keeps bodies and it is not too
	// long. See [Ring.KeepContent].
	Content []byte
}

// Handler returns next with its exchanges recorded in ring, with server as the
// server's name. The ResponseWriter that next gets has all abilities of the
// server's own, through [http.ResponseController].
func Handler(next http.Handler, ring *Ring, server string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, ring: ring, exchange: Exchange{Server: server}}
		rec.begin(r)
		returned := false
		defer func() { rec.finish(r.Context(), !returned) }()
		next.ServeHTTP(rec, r)
		returned = true
	})
}

// recorder adds an exchange to a ring when its response becomes final.
type recorder struct {
	http.ResponseWriter

	ring     *Ring
	exchange Exchange
	secrets  []secret // what is masked in the exchange, if the ring keeps it
	final    bool
	written  int64 // number of body bytes
	content  []byte
}

// answer records the status and header lines of the response, once.
func (r *recorder) answer(status int) {
	if r.final {
		return
	}
	r.exchange.Status = status
	r.exchange.ResponseHeaders = r.lines(PartResponse, r.Header())
	r.keep()
}

// keep adds the exchange to the ring, because its response is final.
func (r *recorder) keep() {
	r.final = true
	r.exchange.Wait = time.Since(r.exchange.Start)
	r.exchange.ID = r.ring.add(r.exchange)
	r.ring.vault.put(r.exchange.ID, r.secrets)
	r.secrets = nil
}

// WriteHeader records the response, unless it is interim or net/http would not
// write it.
func (r *recorder) WriteHeader(status int) {
	if status >= 200 && status <= 999 || status == http.StatusSwitchingProtocols {
		r.answer(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write records the response if WriteHeader was not called.
func (r *recorder) Write(b []byte) (int, error) {
	r.answer(http.StatusOK)
	n, err := r.ResponseWriter.Write(b)
	r.written += int64(n)
	if r.written <= r.ring.maxContent {
		r.content = append(r.content, b[:n]...)
	} else {
		r.content = nil
	}
	return n, err
}

// sniffed is the number of bytes with which net/http guesses a Content-Type.
const sniffed = 512

// ReadFrom implements [io.ReaderFrom], so that files are sent as fast as
// without a recorder. The first bytes go through Write; if src is empty, the
// response is not final yet.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	if r.ring.maxContent > 0 {
		return io.Copy(struct{ io.Writer }{r}, src)
	}
	n, err := io.Copy(struct{ io.Writer }{r}, io.LimitReader(src, sniffed))
	if err != nil || n < sniffed {
		return n, err
	}
	more, err := io.Copy(r.ResponseWriter, src)
	r.written += more
	return n + more, err
}

// Unwrap returns the server's writer, for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// FlushError records the response if the server's writer can flush, because a
// flush makes the response final.
func (r *recorder) FlushError() error {
	if canFlush(r.ResponseWriter) {
		r.answer(http.StatusOK)
	}
	return http.NewResponseController(r.ResponseWriter).Flush()
}

// canFlush reports whether [http.ResponseController] can flush w.
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

// Hijack implements [http.Hijacker]. It records the exchange, because the
// recorder does not see what is sent afterwards.
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
		r.answer(http.StatusOK) // net/http writes this status now
	}
	duration, written := time.Since(r.exchange.Start), r.written
	if r.exchange.Method == http.MethodHead {
		written = 0
	}
	r.ring.update(r.exchange.ID, func(x *Exchange) {
		x.Done, x.Duration, x.ResponseBytes = true, duration, written
		x.Panicked, x.Gone, x.Content = panicked, gone, r.content
	})
}

// noAnswer returns Chromium's name for the failure if a server closes a
// connection before responding.
func noAnswer(protocol string) fetch.Code {
	if strings.HasPrefix(protocol, "HTTP/1.") {
		return fetch.CodeEmptyResponse
	}
	return "net::ERR_HTTP2_PROTOCOL_ERROR"
}
