package gateway

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// requestBody is the body of a request on its way to an upstream. It knows how
// much of it has been read, by any goroutine.
type requestBody struct {
	io.ReadCloser

	begun, ended atomic.Bool
}

func newRequestBody(r *http.Request) *requestBody {
	b := &requestBody{ReadCloser: r.Body}
	b.ended.Store(r.ContentLength == 0)
	return b
}

// Read implements [io.Reader].
func (b *requestBody) Read(p []byte) (int, error) {
	b.begun.Store(true)
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

// lingering is how long the rest of a body may take to arrive after the
// response.
const lingering = 500 * time.Millisecond

// overlap lets an HTTP/1 response begin while the body of its request is still
// being sent. Without it, net/http would first read the rest of the body.
//
// The connection closes after the response, because net/http cannot find the
// next request on it: when it finishes the body itself, it either starts to
// read ahead and then panics (golang/go#68560) or, if a read was in flight and
// the body is chunked, reads the rest of the body as a request.
//
// It does nothing if the body has ended, or if the client waits for 100
// Continue and has not got it. net/http handles both.
func (f *forwarding) overlap() {
	unasked := f.request.Header.Get("Expect") != "" && !f.body.begun.Load()
	if f.request.ProtoMajor != 1 || f.body.ended.Load() || unasked {
		return
	}
	if http.NewResponseController(f.ResponseWriter).EnableFullDuplex() == nil {
		f.ResponseWriter.Header().Set("Connection", "close")
		f.overlaps = true
	}
}

// finish reads the rest of a body that overlaps its response, within the bounds
// of net/http and of time. Closing a connection while data arrives resets it,
// and the client may then lose the response.
func (f *forwarding) finish() {
	if !f.overlaps {
		return
	}
	control := http.NewResponseController(f.ResponseWriter)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingering))
	_ = f.request.Body.Close()
}
