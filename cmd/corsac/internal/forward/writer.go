package forward

import (
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// writer is the ResponseWriter for a GET that net/http has not read, over HTTP/1.1. It
// writes what net/http would write.
type writer struct {
	c      *conn
	header http.Header
	names  []string // of the header, sorted

	status  int      // 0 until there is one
	length  int64    // of the body, as the handler says, or negative
	written int64    // of the body
	unsized bool     // the body has chunks, even if it is short: there may be trailers
	named   []string // trailers that the header announces
	untyped bool     // the first bytes of the body say what its type is
	chunked bool     // the body is sent in chunks
	closes  bool     // the connection, after the response
	begun   bool     // a part of the response has been sent
	head    []byte   // the status line and the fields, as long as it has not
	body    []byte   // what has not been sent
	err     error    // why nothing more is sent
}

// bodyRoom is how much of a body waits for more, so that a short response is sent whole,
// and with its length. It is that of net/http.
const bodyRoom = 2 << 10

// copied is how much of a body is copied to send it with what is before it: that costs
// less than to send it on its own.
const copied = 16 << 10

// sniffed is how much of a body says what its type is.
const sniffed = 512

// keptRoom is how much memory is kept for another response.
const keptRoom = 64 << 10

// writers have their memory used again.
var writers = sync.Pool{New: func() any { return &writer{header: make(http.Header, usualFields)} }}

func newWriter(c *conn) *writer {
	w := writers.Get().(*writer)
	*w = writer{c: c, header: w.header, names: w.names[:0], head: w.head[:0], body: w.body[:0], length: -1}
	return w
}

// release gives the memory back. Nothing may use the writer any more.
func (w *writer) release() {
	if len(w.header) > keptFields || cap(w.head) > keptRoom {
		return
	}
	clear(w.header)
	clear(w.names)
	w.c = nil
	writers.Put(w)
}

// Header implements [http.ResponseWriter].
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *writer) WriteHeader(status int) {
	switch {
	case w.status != 0:
		return
	case status < 100 || status > 999:
		panic("forward: WriteHeader with the status " + strconv.Itoa(status))
	case status < http.StatusOK && status != http.StatusSwitchingProtocols:
		w.begin(status)
		w.head = append(w.head, "\r\n"...)
		w.send()
		return
	}
	w.status = status
	w.frame()
	w.begin(status)
	if _, ok := w.header["Date"]; !ok {
		w.head = append(append(append(w.head, "Date: "...), now.date()...), "\r\n"...)
	}
}

// frame finds out what the header says of the body, its trailers and the connection.
func (w *writer) frame() {
	delete(w.header, "Transfer-Encoding")
	if lines := w.header["Content-Length"]; len(lines) > 0 {
		n, err := strconv.ParseUint(lines[0], 10, 63)
		if w.length = int64(n); err != nil {
			w.length, w.unsized = -1, true
			delete(w.header, "Content-Length")
		}
	}
	w.unsized = w.unsized || len(w.header["Trailer"]) > 0
	for _, name := range optionsOf(w.header["Trailer"]) {
		if name = http.CanonicalHeaderKey(name); httpguts.ValidTrailerHeader(name) {
			w.named = append(w.named, name)
		}
	}
	_, typed := w.header["Content-Type"]
	w.untyped = !typed && w.header.Get("Content-Encoding") == ""
	w.closes = w.header.Get("Connection") == "close"
}

// begin writes the status line and the fields that the handler has set.
func (w *writer) begin(status int) {
	b := append(w.head[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), textOf(status)...), "\r\n"...)
	w.names = w.names[:0]
	for name := range w.header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			w.unsized = true
			continue
		}
		w.names = append(w.names, name)
	}
	slices.Sort(w.names)
	for _, name := range w.names {
		if !omits(status, name) {
			b = appendValues(b, name, w.header[name])
		}
	}
	w.head = b
}

func textOf(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "status code " + strconv.Itoa(status)
}

// omits reports whether a response with a status has no field with a name.
func omits(status int, name string) bool {
	switch name {
	case "Content-Length":
		return !hasBody(status)
	case "Content-Type":
		return status == http.StatusNotModified
	}
	return name == "Transfer-Encoding"
}

// hasBody reports whether a response with a status has a body.
func hasBody(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
}

// appendValues appends a line for each value of a field. What would be another line is
// part of the value, and what is not a name is left out with it, as net/http does it.
func appendValues(b []byte, name string, values []string) []byte {
	if !http1.IsToken(name) {
		return b
	}
	for _, value := range values {
		if !http1.IsValue(value) {
			value = lineEnds.Replace(value)
		}
		b = append(append(append(append(b, name...), ": "...), textproto.TrimString(value)...), "\r\n"...)
	}
	return b
}

var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.written += int64(len(p))
	switch {
	case len(p) == 0:
		return 0, w.err
	case !hasBody(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.length >= 0 && w.written > w.length: // the connection closes
		return 0, http.ErrContentLength
	}
	if len(w.body)+len(p) <= bodyRoom {
		w.body = append(w.body, p...)
		return len(p), w.err
	}
	if w.flush(p); w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// FlushError is that of [http.ResponseController].
func (w *writer) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.flush(nil)
	return w.err
}

// ReadFrom implements [io.ReaderFrom], so that the system moves long bodies.
func (w *writer) ReadFrom(src io.Reader) (n int64, err error) {
	if w.length < 0 || !hasBody(w.status) || w.untyped {
		return io.Copy(struct{ io.Writer }{w}, src)
	}
	if w.flush(nil); w.err == nil {
		n, w.err = w.c.ReadFrom(src)
		w.written += n
	}
	return n, w.err
}

// flush sends what has been written, and then more of the body.
func (w *writer) flush(more []byte) {
	if !w.begun {
		w.open(more)
	}
	n := len(w.body) + len(more)
	if w.chunked && n > 0 {
		w.head = append(strconv.AppendInt(w.head, int64(n), 16), "\r\n"...)
	}
	w.head, w.body = append(w.head, w.body...), w.body[:0]
	switch {
	case w.chunked && n > 0:
		w.head = append(append(w.head, more...), "\r\n"...)
	case len(more) > copied:
		w.send()
		w.write(more)
	default:
		w.head = append(w.head, more...)
	}
	w.send()
}

// open ends the head, before what has been written and more of the body.
func (w *writer) open(more []byte) {
	w.begun = true
	if w.untyped && len(w.body)+len(more) > 0 {
		first := slices.Concat(w.body, more[:min(len(more), sniffed)])
		w.head = append(append(append(w.head, "Content-Type: "...), http.DetectContentType(first)...), "\r\n"...)
	}
	w.untyped = false
	if w.chunked = w.length < 0 && hasBody(w.status); w.chunked {
		w.head = append(w.head, "Transfer-Encoding: chunked\r\n"...)
	}
	w.head = append(w.head, "\r\n"...)
}

// send sends what is in w.head.
func (w *writer) send() {
	w.write(w.head)
	w.head = w.head[:0]
}

func (w *writer) write(b []byte) {
	if len(b) > 0 && w.err == nil {
		_, w.err = w.c.Conn.Write(b)
	}
}

// finish sends what is left when the handler has returned. The error ends the
// connection.
func (w *writer) finish() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun && !w.unsized && w.length < 0 && hasBody(w.status) { // the body is whole
		w.length = w.written
		w.head = append(strconv.AppendInt(append(w.head, "Content-Length: "...), w.length, 10), "\r\n"...)
	}
	w.flush(nil)
	if w.chunked {
		w.head = append(w.appendTrailers(append(w.head, "0\r\n"...)), "\r\n"...)
		w.send()
	}
	switch {
	case w.err != nil:
		return w.err
	case w.closes, hasBody(w.status) && w.length >= 0 && w.written != w.length:
		return io.EOF
	}
	return nil
}

// appendTrailers appends the fields after the body: those with a prefix, and those that
// have been announced.
func (w *writer) appendTrailers(b []byte) []byte {
	for name, values := range w.header {
		if after, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			b = appendValues(b, after, values)
		}
	}
	for _, name := range w.named {
		b = appendValues(b, name, w.header[name])
	}
	return b
}

// SetReadDeadline is that of [http.ResponseController].
func (w *writer) SetReadDeadline(t time.Time) error { return w.c.SetReadDeadline(t) }

// SetWriteDeadline is that of [http.ResponseController].
func (w *writer) SetWriteDeadline(t time.Time) error { return w.c.Conn.SetWriteDeadline(t) }
