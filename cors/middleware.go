package cors

import (
	"net/http"
	"sync/atomic"
)

// Middleware announces a [Policy] to browsers. The zero Middleware announces
// nothing and passes all requests on; [New] returns a useful one. It must not be
// copied after first use.
type Middleware struct {
	policy   atomic.Pointer[compiled]
	observer atomic.Pointer[Observer]
	debug    atomic.Bool
}

// New returns a middleware that announces p. If there are others, each is for
// different origins: the first policy that allows the origin of a request decides
// everything else about it, so that one list can give different rights to
// different origins. A policy for all origins ("*") can only be the last.
//
// If a policy is in any way wrong, the error is of type [ConfigErrors] and names
// every mistake.
func New(p Policy, others ...Policy) (*Middleware, error) {
	m := new(Middleware)
	if err := m.Reconfigure(p, others...); err != nil {
		return nil, err
	}
	return m, nil
}

// Reconfigure exchanges the policies, atomically, also while requests are being
// served: each request sees the old ones or the new ones. If a policy is in any
// way wrong, the error is as that of [New], and the old ones stay.
func (m *Middleware) Reconfigure(p Policy, others ...Policy) error {
	c, err := compileAll(append([]Policy{p}, others...))
	if err != nil {
		return err
	}
	m.policy.Store(c)
	return nil
}

// Policy returns the current policy, the first if there are several. It is
// normalised: lists sorted and without repetitions, header names in lower case,
// and without entries that change nothing, such as the method GET. A change to it
// changes nothing in m. The Policy of the zero Middleware is the zero Policy.
func (m *Middleware) Policy() Policy {
	if c := m.policy.Load(); c != nil {
		return c.normalised()
	}
	return Policy{}
}

// Policies returns all current policies, as Policy returns the first.
func (m *Middleware) Policies() []Policy {
	var list []Policy
	for c := m.policy.Load(); c != nil; c = c.next {
		list = append(list, c.normalised())
	}
	return list
}

// SetDebug switches debug mode, in which a refusal tells the browser which step
// failed, so that the message in its console names it: a refused preflight has
// a successful status and the headers of the steps that passed, and a refused
// origin is answered by the first one that is allowed. What is refused stays
// refused. Debug mode is meant for development, as it discloses the policy.
func (m *Middleware) SetDebug(on bool) { m.debug.Store(on) }

// Wrap returns a handler that announces the policy and calls next for every
// request but preflights.
//
// Wrap a whole [http.ServeMux] rather than the handlers in it. A mux answers
// the preflight of a route that has a method, such as "PUT /items", with 405 by
// itself, so that a middleware inside never sees it.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	return m.WrapWith(next, WrapOptions{})
}

// WrapOptions say how [Middleware.WrapWith] and [Router.WrapWith] wrap a handler.
type WrapOptions struct {
	// Override makes the policy replace CORS headers that the handler sets: see
	// [Middleware.WrapOverride].
	Override bool

	// OnDecision, if not nil, is called with the decision about each request, in
	// the request's goroutine, before anything is written: for logs, metrics and
	// headers for debugging. It is the decision that is acted on, so there is no
	// need for [Middleware.Decide], which decides once more. Of a Router, it
	// also gets requests that have no policy, with the reason [NoPolicy].
	//
	// Without it, requests pay nothing for it.
	OnDecision func(http.ResponseWriter, *http.Request, Decision)
}

// WrapWith is [Middleware.Wrap] with options.
func (m *Middleware) WrapWith(next http.Handler, o WrapOptions) http.Handler {
	return &handler{m, next, o}
}

type handler struct {
	*Middleware

	next    http.Handler
	options WrapOptions
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.policy.Load()
	if c == nil {
		h.options.noPolicy(w, r)
		h.next.ServeHTTP(w, r)
		return
	}
	d := c.decide(r)
	if o := h.observer.Load(); o != nil {
		o.note(r, d)
	}
	if h.options.OnDecision != nil {
		h.options.OnDecision(w, r, d.describe(r))
	}
	silent := d.reason != permitted && !h.debug.Load()
	switch {
	case d.kind == Preflight && silent:
		w.WriteHeader(http.StatusForbidden)
		return
	case d.kind == Preflight:
		d.answerPreflight(w, r)
		return
	case h.options.Override:
		h.serveOverride(d, w, r)
		return
	case silent && d.policy.varies: // as announce does, a call sooner
		d.policy.setRefused(w.Header())
	default:
		h.setHeaders(d, w.Header())
	}
	h.next.ServeHTTP(w, r)
}

// setHeaders sets the headers of the response to a request that is no preflight.
// Where all responses have the same CORS headers, so has one to a request without
// an origin, since a cache may use it for a request with one
// (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches).
func (m *Middleware) setHeaders(d decision, h http.Header) {
	switch {
	case d.reason == permitted || !d.policy.varies:
		d.policy.setActual(h, d.origin)
	case d.kind == Actual && m.debug.Load():
		d.policy.debugActual(h, d.origin)
	default:
		d.policy.setRefused(h)
	}
}

// answerPreflight answers a preflight that is allowed, or in debug mode one that is
// not. Everything has been checked before anything is written.
func (d decision) answerPreflight(w http.ResponseWriter, r *http.Request) {
	if d.reason == permitted {
		d.policy.setPreflight(w.Header(), d.origin, r)
	} else {
		d.debugPreflight(w.Header(), r)
	}
	w.WriteHeader(d.policy.status)
}
