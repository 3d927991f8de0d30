package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/cors"
)

var (
	errUpstreamSlow  = errors.New("there was no response in time")
	errClientStalled = errors.New("the client stopped sending the body")
	errClientLeft    = errors.New("the client left")
	errClientBody    = errors.New("the client sent a malformed body")
)

// route is a route that can serve requests.
type route struct {
	host, path   string // as configured
	upstream     *url.URL
	name         string // for the Host of requests to the upstream
	base         string // path of upstream, without a final slash
	preserveHost bool
	policy       *cors.Middleware
	hops         hops
	client       *upstream.Client
	timeout      time.Duration
	handler      http.Handler
	log          *slog.Logger
}

func newRoute(c config.Route, policy *cors.Middleware, hops hops, log *slog.Logger) (*route, error) {
	if c.Upstream == nil || c.Upstream.Host == "" || c.Upstream.Scheme != "http" && c.Upstream.Scheme != "https" {
		return nil, errors.New("upstream: it is not an http or https URL")
	}
	rt := &route{
		host: c.Host, path: c.Path, preserveHost: c.PreserveHost,
		upstream: c.Upstream, name: hostName(c.Upstream), base: strings.TrimRight(c.Upstream.EscapedPath(), "/"),
		policy: policy, hops: hops, log: log, timeout: c.Timeout,
	}
	if rt.timeout == 0 {
		rt.timeout = config.DefaultTimeout
	}
	rt.client = upstream.New(c.Upstream, upstream.Options{Connecting: min(rt.timeout, upstream.DefaultConnecting)})
	rt.handler = policy.WrapWith(http.HandlerFunc(rt.forward), cors.WrapOptions{Override: true, OnDecision: rt.decided})
	return rt, nil
}

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

// hasBase reports whether the upstream has a path, which requests must not
// leave.
func (rt *route) hasBase() bool { return rt.base != "" }

// serve forwards r, whose target is t, with the policy of the route.
func (rt *route) serve(w *early, r *http.Request, t target) {
	w.target = t
	rt.handler.ServeHTTP(w, r)
}

// forward forwards r, as the policy has left it.
func (rt *route) forward(w http.ResponseWriter, r *http.Request) {
	e := earlyOf(w)
	f := &forwarding{route: rt, w: w, request: r, target: e.target, body: e.body, ready: e.ready}
	f.run()
}

// earlyOf returns the ResponseWriter below that of the policy.
func earlyOf(w http.ResponseWriter) *early {
	for {
		if e, ok := w.(*early); ok {
			return e
		}
		w = w.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
	}
}

// decided logs refusals.
func (rt *route) decided(_ http.ResponseWriter, r *http.Request, d cors.Decision) {
	if !d.Allowed && isCORS(r) && rt.log.Enabled(r.Context(), slog.LevelInfo) {
		logRefusal(rt.log, r, d)
	}
}

// fail responds to a request if the upstream did not.
func (f *forwarding) fail(ctx context.Context, err error) {
	rt, r := f.route, f.request
	cause := context.Cause(ctx)
	if errors.Is(cause, errClientLeft) {
		rt.log.LogAttrs(ctx, slog.LevelDebug, "the client left", slog.String("upstream", rt.upstream.String()))
		panic(http.ErrAbortHandler)
	}
	if cause != nil {
		err = cause
	}
	answer := failureOf(err)
	rt.log.LogAttrs(ctx, slog.LevelWarn, answer.Error,
		slog.Int("status", answer.Status), slog.String("upstream", rt.upstream.String()),
		slog.String("method", r.Method), slog.String("reason", err.Error()))
	answer.ServeHTTP(f.w, r)
}

// broken ends a request whose response has begun and cannot be completed: the
// client sees that its connection, or stream, breaks off.
func (f *forwarding) broken(ctx context.Context, err error) {
	level, message := slog.LevelWarn, "the upstream broke off its response"
	if errors.Is(err, errClientLeft) || errors.Is(context.Cause(ctx), errClientLeft) {
		level, message = slog.LevelDebug, "the client left during the response"
	}
	f.route.log.LogAttrs(ctx, level, message,
		slog.String("upstream", f.route.upstream.String()), slog.String("reason", err.Error()))
	panic(http.ErrAbortHandler)
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
	case errors.Is(err, upstream.ErrRequest):
		return &notSendable
	case errors.Is(err, errUpstreamSlow), errors.As(err, &timeout) && timeout.Timeout():
		return &upstreamSlow
	case errors.As(err, &op) && op.Op == "dial":
		return &upstreamDown
	}
	return &upstreamBroken
}
