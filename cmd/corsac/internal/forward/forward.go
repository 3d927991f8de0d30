// Package forward passes requests on to upstreams, and their responses back. It is
// the reverse proxy below corsac serve and corsac dev, and knows nothing of CORS.
//
//   - Path and query are forwarded byte for byte, after the path of the
//     upstream URL if it has one.
//   - Host is the upstream's, unless the client's is preserved.
//   - X-Forwarded-For, -Host and -Proto are set from the connection, or from what a
//     trusted proxy says; see [Trust]. All other X-Forwarded-*, Forwarded and X-Real-IP
//     headers of clients are dropped, and so are X-Original-URL and X-Rewrite-URL,
//     which some frameworks believe.
//   - Corsac-Hop lists the proxies that a request has been through; see [Hops]. What
//     is not an id in it is dropped, and it is removed from responses.
//   - Hop-by-hop headers are dropped, except for upgrades. An upgrade to h2c is
//     not forwarded, because requests in it would not be seen.
//   - Trailers that must not be any (RFC 9110 §6.5.1) are dropped, and so are
//     those whose header would be.
//   - Bodies are streamed in both directions: what has arrived of a response is
//     sent before more is waited for. If a client disconnects, its request to the
//     upstream is cancelled.
//   - Plain preflights, and on Linux plain GETs, can be answered before net/http has
//     read them, and as it would; see [EarlyAnswerer].
//   - Upstreams get HTTP/1.1, or HTTP/2 over TLS if they choose it. A response that
//     is not valid, or that others may end elsewhere, is an error: see package http1.
//
// # Bounds
//
//   - [Options.Timeout] bounds the wait for the header of the final response,
//     whatever the upstream does. Waiting for the client's body does not count.
//     Afterwards, a response may take any time, because event streams do.
//   - A client may pause for [Terms.BodyTimeout] while it sends a body and gets
//     nothing, and for [Terms.ResponseTimeout] while it takes nothing of a response
//     that waits for it. Answers of the proxy itself never wait for a body; the
//     connection then closes.
//   - The body of a request may be bounded: see [Incoming.LimitBody].
//   - The size of response headers and the number of interim responses are bounded.
//   - Bytes that an upstream sends after a response, which belong to none, are
//     not taken for another response if they arrive before the next request is
//     sent on that connection.
package forward

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
)

// Errors of requests, for [Options.Fail]. Others are those of package upstream, and
// of the network.
var (
	ErrSlow          = errors.New("there was no response in time")
	ErrClientStalled = errors.New("the client stopped sending the body")
	ErrClientBody    = errors.New("the client sent a malformed body")
	ErrBodyTooLarge  = errors.New("the body of the request is too large")

	errClientLeft = errors.New("the client left")
)

// Options are the settings of a [Server].
type Options struct {
	// Timeout bounds the wait for the header of a response. 0 means for ever.
	Timeout time.Duration
	// PreserveHost forwards the Host of requests instead of that of the URL.
	PreserveHost bool
	// Hops mark the requests of the proxy.
	Hops Hops
	// Client has the connections to the server of the URL. Nil means one of its own,
	// with the settings in Upstream.
	Client   *upstream.Client
	Upstream upstream.Options
	// Log gets what happens to connections. It must not be nil.
	Log *slog.Logger
	// Fail answers a request if the upstream did not. It must not be nil.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	// Response, if not nil, may change the header of a response before it is sent,
	// also of an interim one, and of one with status 101. If it returns a handler,
	// that answers instead, which is for final responses only.
	Response func(in *Incoming, status int, header http.Header) http.Handler
}

// Server is an upstream.
type Server struct {
	url    *url.URL
	name   string // for the Host of requests
	base   string // path of the URL, without a final slash
	client *upstream.Client
	o      Options
}

// New returns the server of an http or https URL.
func New(u *url.URL, o Options) (*Server, error) {
	if u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("it is not an http or https URL")
	}
	client := o.Client
	if client == nil {
		client = upstream.New(u, o.Upstream)
	}
	return &Server{url: u, name: hostName(u), base: strings.TrimRight(u.EscapedPath(), "/"), client: client, o: o}, nil
}

// URL returns the URL of the server.
func (s *Server) URL() *url.URL { return s.url }

// HasBase reports whether the server's URL has a path, which requests must not
// leave.
func (s *Server) HasBase() bool { return s.base != "" }

// CloseIdle closes the connections that no request uses.
func (s *Server) CloseIdle() { s.client.CloseIdle() }

// hostName returns the Host for a URL: names in ASCII, and addresses without a
// zone, which means nothing to another machine (RFC 6874 §4).
func hostName(u *url.URL) string {
	host := u.Host
	if ascii, err := httpguts.PunycodeHostPort(host); err == nil {
		host = ascii
	}
	if before, rest, ok := strings.Cut(host, "%"); ok && strings.HasPrefix(host, "[") {
		_, after, _ := strings.Cut(rest, "]")
		host = before + "]" + after
	}
	return host
}

// Forward sends r to the server, for in.Target, and passes the response on to w. It
// panics with [http.ErrAbortHandler] if the response cannot be completed, so that
// the client sees that.
func (s *Server) Forward(in *Incoming, w http.ResponseWriter, r *http.Request) {
	f := &forwarding{server: s, in: in, w: w, request: r}
	f.run()
}

// fail responds to a request if the upstream did not.
func (f *forwarding) fail(ctx context.Context, err error) {
	cause := context.Cause(ctx)
	if errors.Is(cause, errClientLeft) {
		f.in.Left = true
		f.server.o.Log.LogAttrs(ctx, slog.LevelDebug, "the client left", slog.String("upstream", f.server.url.String()))
		panic(http.ErrAbortHandler)
	}
	if cause != nil {
		err = cause
	}
	f.server.o.Fail(f.w, f.request, err)
}

// broken ends a request whose response has begun and cannot be completed: the
// client sees that its connection, or stream, breaks off.
func (f *forwarding) broken(ctx context.Context, err error) {
	level, message := slog.LevelWarn, "the upstream broke off its response"
	if errors.Is(context.Cause(ctx), ErrBodyTooLarge) {
		level, message = slog.LevelDebug, "the client sent too much during the response"
	} else if errors.Is(err, errClientLeft) || errors.Is(context.Cause(ctx), errClientLeft) {
		f.in.Left = true
		level, message = slog.LevelDebug, "the client left during the response"
	}
	f.server.o.Log.LogAttrs(ctx, level, message,
		slog.String("upstream", f.server.url.String()), slog.String("reason", err.Error()))
	panic(http.ErrAbortHandler)
}
