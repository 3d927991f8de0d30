package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/pathread"
)

// route is a route that can serve requests.
type route struct {
	host, path string          // as configured
	exact      bool            // no other path
	server     *forward.Server // nil if there is a next
	next       http.Handler    // of Options
	policy     *cors.Middleware
	refusal    *refusal
	handler    http.Handler
	preflights http.Handler // answers what handler answers without the server
	log        *slog.Logger

	tally *tally // nil without metrics
	guard guard
	shape *shape // nil if requests stay as they are
	steps int    // how many segments of the path the upstream does not get

	prefix string // these segments, decoded
}

func newRoute(c config.Route, policy *cors.Middleware, refusal *refusal, hops forward.Hops, client *upstream.Client, next http.Handler) (*route, error) {
	log := refusal.log
	rt := &route{host: c.Host, path: c.Path, exact: c.Exact, next: next, policy: policy, refusal: refusal, log: log, guard: newGuard(&c, refusal), shape: newShape(&c)}
	if path := strings.Trim(c.Path, "/"); c.StripPrefix && path != "" {
		rt.steps, rt.prefix = strings.Count(path, "/")+1, "/"+pathread.DecodeSegments(path)
	}
	if next == nil {
		var err error
		rt.server, err = forward.New(c.Upstream, forward.Options{
			Timeout: cmp.Or(c.Timeout, config.DefaultTimeout), PreserveHost: c.PreserveHost, Hops: hops, Log: log, Fail: rt.fail,
			Client: client,
		})
		if err != nil {
			return nil, fmt.Errorf("upstream: %w", err)
		}
	}
	o := cors.WrapOptions{Override: true, OnDecision: rt.decided}
	full := func(h http.Handler) http.Handler {
		if !c.FullPreflights {
			return h
		}
		return newFullPreflights(h, refusal.config.Policies[c.Policy])
	}
	rt.handler = full(policy.WrapWith(http.HandlerFunc(rt.forward), o))
	rt.preflights = full(policy.WrapWith(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), o))
	return rt, nil
}

// forward forwards r, as the policy has left it.
func (rt *route) forward(w http.ResponseWriter, r *http.Request) {
	in := forward.IncomingOf(w)
	if rt.guard != (guard{}) {
		if option := rt.refuses(r); option != "" {
			rt.refuseOrigin(w, r, option)
			return
		}
	}
	if rt.shape != nil {
		r = rt.shape.of(r)
	}
	if rt.next != nil {
		rt.next.ServeHTTP(w, r)
		return
	}
	if rt.steps > 0 {
		in.Target.Path = rt.strip(in.Target.Path)
	}
	rt.server.Forward(in, w, r)
}

// decided counts decisions, and logs refusals.
func (rt *route) decided(_ http.ResponseWriter, r *http.Request, d cors.Decision) {
	rt.tally.decision(d)
	rt.refusal.decided(r, d, rt.policy)
}

// fail responds to a request if the upstream did not.
func (rt *route) fail(w http.ResponseWriter, r *http.Request, err error) {
	answer := failureOf(err)
	rt.tally.failure(answer.Code)
	rt.log.LogAttrs(r.Context(), slog.LevelWarn, answer.Error,
		slog.Int("status", answer.Status), slog.String("upstream", rt.server.URL().String()),
		slog.String("method", r.Method), slog.String("reason", err.Error()))
	answer.ServeHTTP(w, r)
}

// failureOf returns the response that says why an upstream did not respond.
func failureOf(err error) *failure {
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, forward.ErrClientStalled):
		return &bodySlow
	case errors.Is(err, forward.ErrClientBody):
		return &bodyMalformed
	case errors.Is(err, upstream.ErrRequest):
		return &notSendable
	case errors.Is(err, forward.ErrSlow), errors.As(err, &timeout) && timeout.Timeout():
		return &upstreamSlow
	case errors.As(err, &op) && op.Op == "dial":
		return &upstreamDown
	}
	return &upstreamBroken
}
