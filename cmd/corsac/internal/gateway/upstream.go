package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"time"

	"golang.org/x/net/http2"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

const (
	// maxConnecting bounds a connection to an upstream and its TLS handshake, each.
	// net/http continues them after the request has failed.
	maxConnecting = 10 * time.Second

	// maxResponseHeader bounds the header of a response and of each interim
	// response, as in Chromium. With HTTP/2, net/http cuts trailers there; with
	// HTTP/1, it refuses more than 4 KiB of them.
	maxResponseHeader = 256 << 10

	// maxInterim bounds the number of interim responses.
	maxInterim = 100
)

var (
	errUpstreamSlow  = errors.New("there was no response in time")
	errClientStalled = errors.New("the client stopped sending the body")
	errClientLeft    = errors.New("the client left")
	errClientBody    = errors.New("the client sent a malformed body")
	errTooMany1xx    = fmt.Errorf("more than %d interim responses", maxInterim)
)

// transport sends the requests of a route to its upstream. The time until the
// header of the final response is bounded, whatever the upstream does.
type transport struct {
	*http.Transport

	timeout time.Duration
}

// newTransport returns a transport that adds nothing to requests, removes
// nothing from responses, and ignores the proxies of the environment.
func newTransport(timeout time.Duration) *transport {
	if timeout == 0 {
		timeout = config.DefaultTimeout
	}
	connecting := min(timeout, maxConnecting)
	dialer := &net.Dialer{Timeout: connecting}
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return newUpstreamConn(conn), nil
		},
		TLSHandshakeTimeout:    connecting,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: maxResponseHeader,
		DisableCompression:     true,
		// An upstream that does not read blocks a connection that others share.
		HTTP2: &http.HTTP2Config{WriteByteTimeout: connecting},
	}
	// The HTTP/2 of net/http waits for itself forever, up to Go 1.26, when the
	// window of a stream overflows, and so do all later requests to the upstream.
	if _, err := http2.ConfigureTransports(t); err != nil { //nolint:staticcheck // deprecated as of Go 1.27, which has this code itself
		panic(err) // it has HTTP/2 already
	}
	return &transport{t, timeout}
}

// RoundTrip implements [http.RoundTripper], for a request of a forwarding.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	f := forwardingOf(r)
	f.clock.start(t.timeout, f.expire)
	res, err := t.Transport.RoundTrip(r)
	if !f.clock.stop() && err == nil {
		_ = res.Body.Close()
		return nil, errUpstreamSlow
	}
	if err == nil && res.StatusCode != http.StatusSwitchingProtocols {
		filterTrailers(res)
	}
	return res, err
}

// expire ends the wait for a response.
func (f *forwarding) expire() {
	f.cancel(errUpstreamSlow)
	_ = f.body.Close()
	// net/http would take up to 5 s to close a TLS connection whose other end does
	// not read.
	if c := f.conn.Load(); c != nil {
		c.abandon(f)
	}
}

// trace returns what watches a request and its response.
func (f *forwarding) trace() *httptrace.ClientTrace {
	interim := 0
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if c := exclusive(info.Conn); c != nil {
				f.conn.Store(c)
				c.begin(f, info.Reused)
			}
		},
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			if interim++; interim > maxInterim {
				return errTooMany1xx
			}
			return nil
		},
	}
}

// exclusive returns the connection below conn, or nil if requests share it, as
// in HTTP/2.
func exclusive(conn net.Conn) *upstreamConn {
	if secure, ok := conn.(*tls.Conn); ok {
		if secure.ConnectionState().NegotiatedProtocol == "h2" {
			return nil
		}
		conn = secure.NetConn()
	}
	c, _ := conn.(*upstreamConn)
	return c
}
