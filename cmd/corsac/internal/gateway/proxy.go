package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cors"
)

// route is a route that can serve requests.
type route struct {
	host, path   string // as configured
	upstream     *url.URL
	base         string // path of upstream, without a final slash
	preserveHost bool
	policy       *cors.Middleware
	hops         hops
	handler      http.Handler
	log          *slog.Logger
}

func newRoute(c config.Route, policy *cors.Middleware, hops hops, log *slog.Logger) (*route, error) {
	if c.Upstream == nil || c.Upstream.Host == "" || c.Upstream.Scheme != "http" && c.Upstream.Scheme != "https" {
		return nil, errors.New("upstream: it is not an http or https URL")
	}
	rt := &route{
		host: c.Host, path: c.Path, preserveHost: c.PreserveHost,
		upstream: c.Upstream, base: strings.TrimRight(c.Upstream.EscapedPath(), "/"),
		policy: policy, hops: hops, log: log,
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:        rt.rewrite,
		Transport:      newTransport(c.Timeout),
		FlushInterval:  -1, // at once, for events and long responses
		BufferPool:     buffers,
		ModifyResponse: receive,
		ErrorHandler:   rt.fail,
		ErrorLog:       logging.Standard(log.With("upstream", c.Upstream.String())),
	}
	rt.handler = policy.WrapWith(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwardingOf(r).run(proxy, w, r)
	}), cors.WrapOptions{Override: true, OnDecision: rt.decided})
	return rt, nil
}

// hasBase reports whether the upstream has a path, which requests must not
// leave.
func (rt *route) hasBase() bool { return rt.base != "" }

// serve forwards r, whose target is t, with the policy of the route.
func (rt *route) serve(w *early, r *http.Request, t target) {
	f := &forwarding{request: r, target: t, body: w.body}
	rt.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), forwardingKey{}, f)))
}

// decided logs refusals.
func (rt *route) decided(_ http.ResponseWriter, r *http.Request, d cors.Decision) {
	if !d.Allowed && isCORS(r) && rt.log.Enabled(r.Context(), slog.LevelInfo) {
		logRefusal(rt.log, r, d)
	}
}

// rewrite prepares the request to the upstream.
func (rt *route) rewrite(pr *httputil.ProxyRequest) {
	f := forwardingOf(pr.In)
	pr.Out.URL = &url.URL{Scheme: rt.upstream.Scheme, Host: rt.upstream.Host}
	pr.Out.Host = rt.upstream.Host
	if rt.preserveHost {
		pr.Out.Host = pr.In.Host
	}
	setTarget(pr.Out.URL, pr.Out.Host, rt.base, f.target)
	// An upstream that sends a body after HEAD, though it must not (RFC 9110
	// §9.3.2), would have it read as the next response on the connection. Any page
	// can send HEAD, so that connection is not used again.
	pr.Out.Close = pr.In.Method == http.MethodHead
	for name := range pr.Out.Header {
		if isForwarding(name) {
			delete(pr.Out.Header, name)
		}
	}
	rt.hops.add(pr.Out.Header, pr.In.Header)
	pr.SetXForwarded()
	if tunnelsHTTP(pr.Out.Header.Get("Upgrade")) {
		pr.Out.Header.Del("Upgrade")
		pr.Out.Header.Del("Connection")
	}
	if pr.Out.Body != nil {
		pr.Out.Body = f.body
	}
	pr.Out.Trailer = f.trailers(pr.In)
}

// isForwarding reports whether a request header says which way a request came, or
// under which path: some frameworks believe X-Original-URL, and would serve the
// path of another route.
// Some upstreams read underscores as hyphens.
func isForwarding(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return strings.HasPrefix(name, "x-forwarded-") || name == "forwarded" || name == "x-real-ip" ||
		name == "x-original-url" || name == "x-rewrite-url" || isHop(name)
}

// tunnelsHTTP reports whether an upgrade leads back to HTTP, in a form in which
// the gateway would not see the requests. Some upstreams ignore what surrounds
// its name.
func tunnelsHTTP(upgrade string) bool {
	for name := range strings.FieldsFuncSeq(strings.ToLower(upgrade), isNotAlphanumeric) {
		if name == "h2c" || name == "h2" || name == "http" || name == "tls" {
			return true
		}
	}
	return false
}

func isNotAlphanumeric(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

// fail responds to a request if the upstream did not.
func (rt *route) fail(_ http.ResponseWriter, r *http.Request, err error) {
	fw := forwardingOf(r)
	cause := context.Cause(r.Context())
	if errors.Is(cause, errClientLeft) {
		rt.log.LogAttrs(r.Context(), slog.LevelDebug, "the client left", slog.String("upstream", rt.upstream.String()))
		panic(http.ErrAbortHandler)
	}
	if cause != nil {
		err = cause
	}
	f := failureOf(err)
	rt.log.LogAttrs(r.Context(), slog.LevelWarn, f.Error,
		slog.Int("status", f.Status), slog.String("upstream", rt.upstream.String()),
		slog.String("method", r.Method), slog.String("reason", err.Error()))
	f.ServeHTTP(fw.ResponseWriter, r)
}

// failureOf returns the response that says why an upstream did not respond.
func failureOf(err error) *failure {
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, errClientStalled):
		return &bodySlow
	case errors.Is(err, errClientBody):
		return &bodyMalformed
	case errors.Is(err, errUpstreamSlow), errors.As(err, &timeout) && timeout.Timeout():
		return &upstreamSlow
	case errors.As(err, &op) && op.Op == "dial":
		return &upstreamDown
	}
	return &upstreamBroken
}

// buffers are shared by all requests.
var buffers = &bufferPool{sync.Pool{New: func() any { return new([32 << 10]byte) }}}

type bufferPool struct{ sync.Pool }

// Get implements [httputil.BufferPool].
func (p *bufferPool) Get() []byte { return p.Pool.Get().(*[32 << 10]byte)[:] }

// Put implements [httputil.BufferPool].
func (p *bufferPool) Put(b []byte) { p.Pool.Put((*[32 << 10]byte)(b)) }
