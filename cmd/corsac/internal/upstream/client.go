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
	"net"
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
	Room   []http1.Field // memory for the fields of the response, which are valid until it is used again

	// Body is nil if there is none. What is not ready is read in another goroutine,
	// which may still wait for a Read when the exchange has ended. Close makes reads
	// fail, and may be called at any time.
	Body io.ReadCloser
	// Length is the length of the body, or negative if it is unknown.
	Length int64
	// Ready is how many bytes of the body can be read without waiting, at least.
	// They are sent together with the header if Length is known.
	Ready int
	// Trailer has the names of trailers, and once the body has ended, their values.
	Trailer http.Header

	// Upgrade reports whether the request asks for another protocol (RFC 9110
	// §7.8), with fields Connection and Upgrade among Fields.
	Upgrade bool
	// Continue reports whether the body waits for an interim response 100, for at
	// most a second (RFC 9110 §10.1.1), with a field Expect among Fields.
	Continue bool
	// Close makes the connection close after the response.
	Close bool

	// Interim, if not nil, is called with each interim response, 100 included,
	// before Do returns. Fields are only valid until it does. An error ends the
	// exchange.
	Interim func(status int, fields []http1.Field) error
	// Waiting, if not nil, is called before a read of the body of the response
	// waits: what has been read can be flushed then.
	Waiting func()
}

// Response is a final response, or one with status 101.
type Response struct {
	Status int
	Fields []http1.Field
	// Length is the length of the body, or negative if it is unknown.
	Length int64
	// Announced are the names of fields that may be trailers (RFC 9110 §6.6.2).
	Announced []string
	// Body is the content. It must be closed.
	Body Body
	// Tunnel is the connection after a response with status 101, which only comes
	// if the request asked for it, and once the whole request has been sent. It then
	// has to be closed instead. Whoever asked checks the field Upgrade.
	Tunnel *Tunnel
}

// Body is the content of a response.
type Body interface {
	io.ReadCloser
	// Trailers returns the trailers, after Read has returned [io.EOF].
	Trailers() []http1.Field

	// Movable reports whether the rest of the body is long and can be moved by the
	// system from one socket to another, without a copy in this process.
	Movable() bool
	// Move moves the rest of a body that is movable. To is a [net.TCPConn], or
	// gives what it gets to one at once. If that fails, and not the upstream, the
	// error is [ErrMove].
	Move(to io.ReaderFrom) error
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

// DefaultConnecting is how long a connection and its TLS handshake may take,
// each.
const DefaultConnecting = 10 * time.Second

// Options are the settings of a client. Its zero value is valid.
type Options struct {
	// Connecting bounds a connection and its TLS handshake, each. 0 means
	// [DefaultConnecting].
	Connecting time.Duration

	// Dial opens a connection to the address of the URL, host:port, whose host is
	// a name in ASCII or an address, and gives up when ctx is done. Its errors are
	// returned as they are. It should return a [net.TCPConn] or [net.UnixConn]:
	// any other is watched for a millisecond before it is used again, and bodies
	// on it cannot be moved. Nil means [net.Dialer.DialContext].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// TLS is for https URLs. NextProtos is ignored; ServerName is the host of the
	// URL if it is "". Nil means TLS 1.2 or later, with the roots of the system.
	TLS *tls.Config
}

// New returns a client for the server of an http or https URL.
func New(u *url.URL, o Options) *Client {
	c := &Client{dialer: newDialer(u, o)}
	if u.Scheme == "https" {
		c.http2 = newHTTP2(c)
	}
	return c
}

// CloseIdle closes the connections that no exchange uses. Those in use stay open,
// and may become idle.
func (c *Client) CloseIdle() {
	c.idle.empty()
	if c.http2 != nil {
		c.http2.transport.CloseIdleConnections()
	}
}

// Do sends a request and returns its response, once its head is there. There is
// no timeout but that of connecting. When ctx is done, the exchange ends at once,
// also while the body of the response is read; the error then is the cause of
// ctx. The error of a request that cannot be sent is [ErrRequest], and that of
// one whose body cannot be read is [ErrBody]. The body may be read until the body
// of the response has been closed, and longer by one Read.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	if c.http2 != nil && !r.Upgrade && c.http2.chosen.Load() {
		res, err := c.http2.do(ctx, r, nil)
		if !errors.Is(err, errHTTP1) {
			return res, err
		}
	}
	if ex, err := c.reuse(ctx, r); err != nil {
		return nil, err
	} else if ex != nil {
		return &ex.response, nil
	}
	cn, err := c.dialer.dial(ctx, !r.Upgrade)
	if err != nil {
		return nil, causeOr(ctx, err)
	}
	if secure, ok := cn.Conn.(*tls.Conn); ok && secure.ConnectionState().NegotiatedProtocol == "h2" {
		c.http2.chosen.Store(true)
		res, err := c.http2.do(ctx, r, secure)
		if !errors.Is(err, errHTTP1) {
			return res, err
		}
		if cn = c.idle.take(r.Upgrade, false); cn == nil { // another request has it, or it has ended
			if cn, err = c.dialer.dial(ctx, false); err != nil {
				return nil, causeOr(ctx, err)
			}
		}
	}
	ex, err := c.exchange(ctx, cn, r)
	if err != nil {
		return nil, err
	}
	return &ex.response, nil
}

// reuse sends a request on a connection that has been used. It returns neither an
// exchange nor an error if there is none, and if the request has to be sent once more.
func (c *Client) reuse(ctx context.Context, r *Request) (*exchange, error) {
	for {
		cn := c.idle.take(r.Upgrade, r.Body == nil)
		if cn == nil {
			return nil, nil //nolint:nilnil // as documented
		}
		ex, err := c.exchange(ctx, cn, r)
		switch {
		case err == nil:
			return ex, nil
		case errors.Is(err, errUnasked): // nothing has been sent
		case ex.repeatable() && ctx.Err() == nil:
			return nil, nil //nolint:nilnil // as documented
		default:
			return nil, err
		}
	}
}
