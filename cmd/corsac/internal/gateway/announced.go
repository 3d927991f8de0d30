package gateway

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cors"
)

// announced is a policy that a route announces.
type announced struct {
	name       string
	policy     *cors.Middleware
	refusal    *refusal
	tally      *tally       // nil without metrics
	handler    http.Handler // answers the requests of the route
	preflights http.Handler // answers what handler answers without the server
	headers    http.Handler // sets the headers of responses
}

// announce prepares a policy of the route.
func (rt *route) announce(a *announced) {
	o := cors.WrapOptions{Override: true, OnDecision: rt.onDecision(a)}
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	a.handler = http.HandlerFunc(rt.forward)
	if rt.treatment.mode == config.ModeOwn {
		a.handler = rt.fullPreflights(a, a.policy.WrapWith(a.handler, o))
	}
	a.handler = rt.varying(a.handler)
	a.preflights = rt.varying(rt.fullPreflights(a, a.policy.WrapWith(nothing, o)))
	a.headers = a.policy.Wrap(nothing)
}

// fullPreflights lets a handler that answers preflights name what browsers do not need,
// if the route asks for that.
func (rt *route) fullPreflights(a *announced, h http.Handler) http.Handler {
	if !rt.full {
		return h
	}
	return newFullPreflights(h, a.refusal.config.Policies[a.name])
}

// onDecision returns what is called with the decisions of a policy.
func (rt *route) onDecision(a *announced) func(http.ResponseWriter, *http.Request, cors.Decision) {
	return func(w http.ResponseWriter, r *http.Request, d cors.Decision) {
		rt.decided(a, w, r, d)
		if d.Kind == cors.Preflight && rt.treatment.mode == config.ModeOwn {
			rt.seen(r, nil)
		}
	}
}

// decided counts decisions, and logs refusals.
func (rt *route) decided(a *announced, w http.ResponseWriter, r *http.Request, d cors.Decision) {
	note(w, r, d, a.tally)
	trace(rt.tracer, r, d)
	a.refusal.decided(r, d, a.policy)
	if rt.trial != nil {
		rt.trial.compare(a, r, d)
	}
}

// announcedTo returns the policy that the route announces to the origin of a request.
func (rt *route) announcedTo(r *http.Request) *announced {
	if rt.trial != nil && rt.trial.has(r.Header["Origin"]) {
		return &rt.trial.announced
	}
	return &rt.main
}

// readable gives an answer of the gateway itself the headers of the policy. A preflight
// gets the answer of the policy, but not in the mode passthrough: the request after it
// may well be forwarded, such as over a connection that is not one too many.
func (rt *route) readable(r *http.Request, answer http.Handler) http.Handler {
	if rt.treatment.mode == config.ModePassthrough {
		return rt.onTrial(r, answer)
	}
	return rt.enforced(r, answer)
}

// enforced gives an answer of the gateway itself the headers of the policy, and lets it
// answer preflights in every mode.
func (rt *route) enforced(r *http.Request, answer http.Handler) http.Handler {
	a := rt.announcedTo(r)
	return rt.varying(a.policy.WrapWith(answer, cors.WrapOptions{OnDecision: func(w http.ResponseWriter, r *http.Request, d cors.Decision) {
		rt.decided(a, w, r, d)
	}}))
}

// onTrial gives an answer of the gateway itself, also one to a preflight, the headers of
// a policy that is only on trial, and allows nothing.
func (rt *route) onTrial(r *http.Request, answer http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rt.decided(&rt.main, w, r, rt.main.policy.Decide(r))
		actual := *r
		actual.Method = http.MethodGet
		rt.main.policy.Wrap(answer).ServeHTTP(w, &actual)
	})
}

// respond writes an answer of the gateway itself to a request that it would have
// forwarded, with the headers of the policy. In the mode passthrough, a preflight gets
// it too: only the upstream allows anything.
func (rt *route) respond(w http.ResponseWriter, r *http.Request, answer http.Handler) {
	came := forward.IncomingOf(w).Request() // with its Origin
	rt.seen(came, nil)
	if rt.treatment.mode == config.ModeOwn { // the policy stands around w
		answer.ServeHTTP(w, r)
		return
	}
	r = came
	if rt.treatment.mode == config.ModePassthrough {
		rt.onTrial(r, answer).ServeHTTP(w, r)
		return
	}
	a := rt.announcedTo(r)
	a.policy.WrapWith(answer, cors.WrapOptions{OnDecision: rt.onDecision(a)}).ServeHTTP(w, r)
}
