package corsacfiber

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/utils/v2"
)

// exchange is a request and its response in the types of net/http: no more of them
// than package cors reads and writes. It is the context of its request, through which
// next finds it.
type exchange struct {
	context.Context

	c       fiber.Ctx
	request *http.Request
	buffer  []byte      // the values in the header of the request
	header  http.Header // of the response
	taken   []string    // the names, as the response has them, of what is in header
	status  int         // of the answer to a preflight
	err     error       // of the handlers
}

var exchanges = sync.Pool{New: func() any {
	e := &exchange{Context: context.Background(), header: http.Header{}}
	e.request = (&http.Request{Header: http.Header{}}).WithContext(e)
	return e
}}

// read are the headers of requests that package cors reads.
var read = [...]string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}

// begin returns the exchange of a request.
func begin(c fiber.Ctx) *exchange {
	e := exchanges.Get().(*exchange)
	e.c = c
	e.request.Method = c.Method()
	for name, value := range c.Request().Header.All() {
		for _, wanted := range read {
			if len(name) == len(wanted) && strings.EqualFold(utils.UnsafeString(name), wanted) {
				e.request.Header[wanted] = append(e.request.Header[wanted], e.keep(value))
			}
		}
	}
	e.take()
	return e
}

// keep returns a copy of a value of fasthttp's, which handlers can overwrite. Those
// that are kept already stay where they are if the buffer has to grow.
func (e *exchange) keep(value []byte) string {
	start := len(e.buffer)
	e.buffer = append(e.buffer, value...)
	return utils.UnsafeString(e.buffer[start:])
}

// next is the rest of the handlers as an [http.Handler].
func next(_ http.ResponseWriter, r *http.Request) {
	e := r.Context().(*exchange)
	defer e.take() // also if they panic
	e.err = e.c.Next()
}

// take makes header what the response has of the headers that package cors replaces
// or adds to.
func (e *exchange) take() {
	clear(e.header)
	e.taken = e.taken[:0]
	for name, value := range e.c.Response().Header.All() {
		if isTaken(utils.UnsafeString(name)) {
			key := http.CanonicalHeaderKey(string(name))
			e.header[key] = append(e.header[key], string(value))
			e.taken = append(e.taken, string(name))
		}
	}
}

func isTaken(name string) bool {
	const prefix = "access-control-"
	return len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) ||
		strings.EqualFold(name, "Vary") || strings.EqualFold(name, "Timing-Allow-Origin") || strings.EqualFold(name, "Cross-Origin-Resource-Policy")
}

// end gives the response what package cors has made of its header.
func (e *exchange) end() {
	h := &e.c.Response().Header
	for _, name := range e.taken {
		h.Del(name)
	}
	for name, values := range e.header {
		for _, value := range values {
			h.Add(name, value)
		}
	}
	if e.status != 0 {
		e.c.Status(e.status)
	}
	e.release()
}

// The most that an exchange keeps between requests.
const (
	maxBuffer = 16 << 10
	maxLines  = 64
)

// release gives the exchange back for other requests, unless it has become large.
func (e *exchange) release() {
	large := cap(e.buffer) > maxBuffer
	for name, lines := range e.request.Header {
		large = large || cap(lines) > maxLines
		clear(lines)
		e.request.Header[name] = lines[:0]
	}
	if large {
		return
	}
	clear(e.header)
	e.c, e.buffer, e.status, e.err = nil, e.buffer[:0], 0, nil
	exchanges.Put(e)
}

// Header implements [http.ResponseWriter].
func (e *exchange) Header() http.Header { return e.header }

// WriteHeader implements [http.ResponseWriter], for preflights.
func (e *exchange) WriteHeader(status int) { e.status = status }

// Write implements [http.ResponseWriter]. Package cors writes no bodies.
func (*exchange) Write(p []byte) (int, error) { return len(p), nil }

// whole returns the request in memory of its own, without its body.
func (e *exchange) whole() *http.Request {
	in := e.c.Request()
	r := &http.Request{
		Method:     strings.Clone(e.c.Method()),
		Proto:      string(in.Header.Protocol()),
		ProtoMajor: 1, ProtoMinor: 1,
		Header:     http.Header{},
		Body:       http.NoBody,
		Host:       string(e.c.RequestCtx().Host()),
		RequestURI: string(in.Header.RequestURI()),
		RemoteAddr: e.c.RequestCtx().RemoteAddr().String(),
		TLS:        e.c.RequestCtx().TLSConnectionState(),
	}
	for name, value := range in.Header.All() {
		if key := http.CanonicalHeaderKey(string(name)); key != "Host" {
			r.Header[key] = append(r.Header[key], string(value))
		}
	}
	var err error
	if r.URL, err = url.ParseRequestURI(r.RequestURI); err != nil {
		r.URL = new(url.URL)
	}
	return r.WithContext(e.c.Context())
}
