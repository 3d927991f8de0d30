package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// errHTTP1 is the error of a request over HTTP/2 for which the server has chosen
// HTTP/1.1. Its connection is idle now.
var errHTTP1 = errors.New("the server has chosen HTTP/1.1")

// http2Client sends requests over HTTP/2.
type http2Client struct {
	transport *http.Transport
	chosen    atomic.Bool // the server has chosen HTTP/2 last
}

func newHTTP2(c *Client) *http2Client {
	h := new(http2Client)
	h.transport = &http.Transport{
		DialTLSContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return h.dial(ctx, c) },
		ExpectContinueTimeout:  maxContinue,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: http1.MaxHead,
		DisableCompression:     true,
		// An upstream that does not read blocks a connection that others share.
		HTTP2: &http.HTTP2Config{WriteByteTimeout: c.dialer.connecting},
	}
	// The HTTP/2 of net/http waits for itself forever, up to Go 1.26, when the
	// window of a stream overflows, and so do all later requests to the upstream.
	if _, err := http2.ConfigureTransports(h.transport); err != nil { //nolint:staticcheck // deprecated as of Go 1.27, which has this code itself
		panic(err) // it has HTTP/2 already
	}
	return h
}

// handover is a connection for which the server has chosen HTTP/2. It waits in
// the context of the first request for the transport to ask for one.
type handover struct{ conn atomic.Pointer[tls.Conn] }

type handoverKey struct{}

// dial returns a connection for the transport.
func (h *http2Client) dial(ctx context.Context, c *Client) (net.Conn, error) {
	if waiting, ok := ctx.Value(handoverKey{}).(*handover); ok {
		if conn := waiting.conn.Swap(nil); conn != nil {
			return conn, nil
		}
	}
	cn, err := c.dialer.dial(ctx, true)
	if err != nil {
		return nil, err
	}
	secure := cn.Conn.(*tls.Conn)
	if secure.ConnectionState().NegotiatedProtocol != "h2" {
		h.chosen.Store(false)
		c.idle.put(cn, idleTimeout)
		return nil, errHTTP1
	}
	return secure, nil
}

// do sends a request. The connection may be nil.
func (h *http2Client) do(ctx context.Context, r *Request, conn *tls.Conn) (*Response, error) {
	hints := &interim{request: r}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: hints.got})
	if conn != nil {
		waiting := new(handover)
		waiting.conn.Store(conn)
		defer func() {
			if conn := waiting.conn.Swap(nil); conn != nil {
				_ = conn.NetConn().Close()
			}
		}()
		ctx = context.WithValue(ctx, handoverKey{}, waiting)
	}
	res, err := h.transport.RoundTrip(h.request(ctx, r)) //nolint:bodyclose // who calls closes it
	hints.end()
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	return &Response{
		Status: res.StatusCode, Fields: fieldsOf(res.Header), Length: res.ContentLength, Body: &http2Body{ctx, res, r.Waiting},
		Announced: slices.Collect(maps.Keys(res.Trailer)),
	}, nil
}

// interim passes interim responses on. They come in another goroutine, also
// after the request has failed.
type interim struct {
	request *Request

	mu    sync.Mutex
	n     int
	ended bool
}

func (i *interim) got(status int, header textproto.MIMEHeader) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.n++; i.n > maxInterim {
		return errTooMany1xx
	}
	if i.ended || i.request.Interim == nil {
		return nil
	}
	return i.request.Interim(status, fieldsOf(http.Header(header)))
}

func (i *interim) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ended = true
}

func (h *http2Client) request(ctx context.Context, r *Request) *http.Request {
	header := make(http.Header, len(r.Fields)+1)
	for _, f := range r.Fields {
		header[f.Name] = append(header[f.Name], f.Value)
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = []string{""} // otherwise net/http adds its own
	}
	out := &http.Request{
		Method: r.Method, URL: r.URL, Host: r.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: r.Length, Trailer: r.Trailer,
	}
	if r.Body != nil {
		out.Body = &http2Upload{ReadCloser: r.Body}
	}
	return out.WithContext(ctx)
}

// http2Upload is the body of a request. A transport that has not begun to read it
// closes it if it cannot connect; the body can then still be sent over HTTP/1.1.
type http2Upload struct {
	io.ReadCloser

	begun atomic.Bool
}

// Read implements [io.Reader].
func (u *http2Upload) Read(p []byte) (int, error) {
	u.begun.Store(true)
	return u.ReadCloser.Read(p)
}

// Close implements [io.Closer].
func (u *http2Upload) Close() error {
	if !u.begun.Load() {
		return nil
	}
	return u.ReadCloser.Close()
}

// http2Body is the content of a response.
type http2Body struct {
	ctx      context.Context
	response *http.Response
	waiting  func()
}

// Read implements [io.Reader]. It cannot know whether it waits.
func (b *http2Body) Read(p []byte) (int, error) {
	if b.waiting != nil {
		b.waiting()
	}
	n, err := b.response.Body.Read(p)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && b.response.StatusCode == http.StatusNotModified:
		err = io.EOF // its Content-Length is that of another response (RFC 9110 §8.6), for which net/http waits
	case err != nil && !errors.Is(err, io.EOF):
		err = causeOr(b.ctx, err)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *http2Body) Close() error { return b.response.Body.Close() }

// Trailers implements [Body].
func (b *http2Body) Trailers() []http1.Field { return fieldsOf(b.response.Trailer) }

// Movable implements [Body].
func (b *http2Body) Movable() bool { return false }

// Move implements [Body].
func (b *http2Body) Move(io.ReaderFrom) error { panic("the body is not movable") }

func fieldsOf(h http.Header) []http1.Field {
	fields := make([]http1.Field, 0, len(h))
	for name, values := range h {
		for _, value := range values {
			fields = append(fields, http1.Field{Name: name, Value: value})
		}
	}
	return fields
}
