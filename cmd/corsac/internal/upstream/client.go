// Package upstream sends requests to one server. HTTP/1.1 is its own, in the
// goroutine of the caller; HTTP/2, which https servers may choose, is that of
// net/http. It adds nothing to requests, removes nothing from responses, and
// ignores the proxies of the environment.
//
// # HTTP/1.1
//
//   - What package http1 refuses is an error. Nothing of a response that is not
//     complete and valid reaches another request: its connection is closed, as is
//     one on which bytes arrive that belong to no response.
//   - A connection is used again only if the whole request has been sent, the
//     whole response read, and nothing has arrived since. A request that fails on
//     such a connection before a byte of the response has come is sent once more,
//     on a new one, if it has no body and is safe (RFC 9110 §9.2.1), or if none of
//     it has been sent.
//   - A response may begin before the body of its request has been sent. There is
//     a second goroutine only for a body that has not arrived with its request.
package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// Request is a request to an upstream.
type Request struct {
	Method string
	URL    *url.URL // what its RequestURI returns is sent
	Host   string
	Fields []http1.Field // neither Host nor those that frame the body

	// Body is nil if there is none. What is not ready is read in another goroutine,
	// which may still wait for a Read when the exchange has ended. Close makes reads fail,
	// and may be called at any time.
	Body io.ReadCloser
	// Length is the length of the body, or negative if it is unknown.
	Length int64
	// Ready is how many bytes of the body can be read without waiting, at least.
	// They are sent together with the header if Length is known.
	Ready int
	// Trailer has the names of trailers, and once the body has ended, their values.
	Trailer http.Header

	// Upgrade reports whether the request asks for another protocol (RFC 9110
	// §7.8).
	Upgrade bool
	// Continue reports whether the body waits for an interim response 100, for at
	// most a second (RFC 9110 §10.1.1).
	Continue bool
	// Close makes the connection close after the response.
	Close bool

	// Interim is called with each interim response, before Do returns. Fields are
	// only valid until it does. An error ends the exchange.
	Interim func(status int, fields []http1.Field) error
	// Waiting is called before a read of the body of the response waits.
	Waiting func()
}

// Response is a final response, or one with status 101.
type Response struct {
	Status int
	Fields []http1.Field
	// Announced are the names of fields that may be trailers (RFC 9110 §6.6.2).
	Announced []string
	// Body is the content. It must be closed.
	Body Body
	// Tunnel is the connection after a response with status 101. It then has to be
	// closed instead.
	Tunnel *Tunnel
}

// Body is the content of a response.
type Body interface {
	io.ReadCloser
	// Trailers returns the trailers, after Read has returned [io.EOF].
	Trailers() []http1.Field
}

// maxInterim bounds the number of interim responses.
const maxInterim = 100

var errTooMany1xx = fmt.Errorf("more than %d interim responses", maxInterim)

// Client sends requests to the server of a URL.
type Client struct {
	dialer dialer
	idle   pool
	http2  *http2Client // nil for http URLs
}

// New returns a client for an http or https URL. A connection and its TLS
// handshake may take as long as connecting says, each.
func New(u *url.URL, connecting time.Duration) *Client {
	c := &Client{dialer: newDialer(u, connecting)}
	if u.Scheme == "https" {
		c.http2 = newHTTP2(c)
	}
	return c
}

// Do sends a request. When ctx is done, the exchange ends at once, also while
// the body of the response is read. An error of the request itself is
// [ErrRequest]; one of the body is its Read's concern.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	if c.http2 != nil && !r.Upgrade && c.http2.chosen.Load() {
		res, err := c.http2.do(ctx, r, nil)
		if !errors.Is(err, errHTTP1) {
			return res, err
		}
	}
	cn := c.idle.take(r.Upgrade)
	if cn != nil {
		ex, err := c.exchange(ctx, cn, r)
		if err == nil {
			return &ex.response, nil
		}
		if !ex.repeatable() || ctx.Err() != nil {
			return nil, err
		}
	}
	cn, err := c.dialer.dial(ctx, !r.Upgrade)
	if err != nil {
		return nil, err
	}
	if secure, ok := cn.Conn.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		c.http2.chosen.Store(true)
		return c.http2.do(ctx, r, secure)
	}
	ex, err := c.exchange(ctx, cn, r)
	if err != nil {
		return nil, err
	}
	return &ex.response, nil
}
