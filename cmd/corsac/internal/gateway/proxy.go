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
	"github.com/corsac-dev/corsac/cmd/corsac/internal/tracing"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/internal/pathread"
)

// route is a route that can serve requests.
type route struct {
	host, path   string          // as configured
	exact        bool            // no other path
	slashMatters bool            // the server distinguishes it from that with another slash at the end
	label        string          // in metrics and logs
	server       *forward.Server // nil if there is a next
	next         http.Handler    // of Options
	main         announced
	trial        *trial // nil without one
	treatment    treatment
	watched      *watched // in the mode passthrough
	log          *slog.Logger

	tally  *tally          // nil without metrics
	tracer *tracing.Tracer // nil without traces
	guard  guard
	shape  *shape // nil if requests stay as they are
	steps  int    // how many segments of the path the upstream does not get

	prefix string // these segments, decoded

	full     bool // answers to preflights name what browsers do not need
	rewrites bool // addresses of the upstream are translated
	scoped   scoped
	collect  Collect // nil without one

	maxBody int64 // of requests; 0 for any
	limiter limiter
	trust   forward.Trust
}

func newRoute(c config.Route, main announced, hops forward.Hops, client *upstream.Client, next http.Handler) (*route, error) {
	log := main.refusal.log
	rt := &route{
		host: c.Host, path: c.Path, exact: c.Exact, slashMatters: c.SlashMatters, label: Label(&c), next: next, main: main, tally: main.tally, treatment: treatment{mode: c.Mode}, log: log,
		shape: newShape(&c), maxBody: c.MaxBody, full: c.FullPreflights,
	}
	if path := strings.Trim(c.Path, "/"); c.StripPrefix && path != "" {
		rt.steps, rt.prefix = strings.Count(path, "/")+1, "/"+pathread.DecodeSegments(path)
	}
	if next == nil {
		var err error
		rt.server, err = forward.New(c.Upstream, forward.Options{
			Timeout: cmp.Or(c.Timeout, config.DefaultTimeout), PreserveHost: c.PreserveHost, Hops: hops, Log: log, Fail: rt.fail,
			Client: client, Response: rt.response,
		})
		if err != nil {
			return nil, fmt.Errorf("upstream: %w", err)
		}
		rt.scoped, rt.rewrites = newScoped(&c, rt.steps > 0)
	}
	rt.announce(&rt.main)
	return rt, nil
}

// try sets the policy on trial.
func (rt *route) try(a announced, rollout int, c *comparison) {
	rt.trial = newTrial(a, &rt.main, rollout, c)
	rt.treatment.trial, rt.treatment.rollout = a.policy, rollout
	rt.announce(&rt.trial.announced)
	rt.announce(&rt.main) // whose answers are no longer for all origins
}

// forward forwards r, as the policy has left it.
func (rt *route) forward(w http.ResponseWriter, r *http.Request) {
	in := forward.IncomingOf(w)
	if rt.guard != (guard{}) {
		if option := rt.refuses(r, &in.Public); option != "" {
			rt.refuseOrigin(w, r, option)
			return
		}
	}
	if rt.maxBody > 0 && !in.LimitBody(rt.maxBody, func() { rt.limiter.reachedBy(r, limitMaxBody, in.Public.Client) }) {
		rt.respond(w, r, &bodyTooLarge)
		return
	}
	if rt.shape != nil {
		r = rt.shape.of(r)
	}
	if rt.next != nil {
		rt.next.ServeHTTP(&seeing{w, rt, in}, r)
		return
	}
	if rt.steps > 0 {
		in.Target.Path = rt.strip(in.Target.Path)
	}
	if span := rt.tracer.Of(r); span != nil {
		complete := false
		r = span.Forward(r, rt.server.URL(), rt.shape.drops)
		defer func() { span.Forwarded(statusOf(in), complete) }()
		rt.server.Forward(in, w, r)
		complete = true
		return
	}
	rt.server.Forward(in, w, r)
}

// seen passes on a request to which the answer of the upstream, if there is one, is
// known.
func (rt *route) seen(r *http.Request, answer http.Header) {
	if rt.collect != nil {
		public := rt.trust.Public(r)
		rt.collect(public.Scheme+"://"+public.Host, r, answer)
	}
}

// seeing is the ResponseWriter for [Options.Next], whose response is that of the
// upstream.
type seeing struct {
	http.ResponseWriter

	route *route
	in    *forward.Incoming
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (s *seeing) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (s *seeing) WriteHeader(status int) {
	if status >= http.StatusOK {
		s.route.seen(s.in.Request(), s.Header())
	}
	s.ResponseWriter.WriteHeader(status)
}

// fail responds to a request if the upstream did not.
func (rt *route) fail(w http.ResponseWriter, r *http.Request, err error) {
	answer := failureOf(err)
	switch answer {
	case &bodySlow:
		rt.limiter.reachedBy(r, limitBodyTimeout, forward.IncomingOf(w).Public.Client)
		fallthrough
	case &bodyTooLarge: // which has been counted
		rt.respond(w, r, answer)
		return
	}
	if answer.Status >= http.StatusInternalServerError { // the others are the client's
		rt.tally.failure(answer.Code)
	}
	rt.tracer.Of(r).Failed(answer.Code)
	rt.log.LogAttrs(r.Context(), slog.LevelWarn, answer.Error,
		slog.Int("status", answer.Status), slog.String("upstream", rt.server.URL().String()),
		slog.String("method", r.Method), slog.String("reason", err.Error()))
	rt.respond(w, r, answer)
}

// failureOf returns the response that says why an upstream did not respond.
func failureOf(err error) *failure {
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.Is(err, forward.ErrClientStalled):
		return &bodySlow
	case errors.Is(err, forward.ErrBodyTooLarge):
		return &bodyTooLarge
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
