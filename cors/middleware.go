package cors

import (
	"net/http"
	"sync/atomic"
)

// Middleware answers preflights and sets the headers of other responses, as a
// [Policy] says. [New] returns one; the zero Middleware has no policy and
// passes all requests on. A Middleware must not be copied after first use.
type Middleware struct {
	policy   atomic.Pointer[compiled]
	observer atomic.Pointer[Observer]
	debug    atomic.Bool
}

// New returns a middleware for p. With others, different origins can have
// different rights: the first policy that allows the origin of a request
// decides everything else about the request. A policy for all origins ("*")
// must be the last.
//
// If there are mistakes in the policies, the error is of type [ConfigErrors]
// and lists all of them.
func New(p Policy, others ...Policy) (*Middleware, error) {
	m := new(Middleware)
	if err := m.Reconfigure(p, others...); err != nil {
		return nil, err
	}
	return m, nil
}

// Reconfigure replaces the policies, also while requests are being served; each
// request sees either the old ones or the new ones. If there are mistakes in
// the new policies, it returns the same error as [New], and the old ones stay.
func (m *Middleware) Reconfigure(p Policy, others ...Policy) error {
	c, err := compileAll(append([]Policy{p}, others...))
	if err != nil {
		return err
	}
	m.policy.Store(c)
	return nil
}

// Policy returns a copy of the current policy, the first if there are several,
// in normalised form: lists are sorted and have no duplicates, header names are
// in lower case, and entries without effect, such as the method GET and an
// origin that a pattern covers, are left out. The zero Middleware has the zero
// Policy.
func (m *Middleware) Policy() Policy {
	if c := m.policy.Load(); c != nil {
		return c.normalised()
	}
	return Policy{}
}

// Policies returns all current policies, in the same form as Policy does.
func (m *Middleware) Policies() []Policy {
	var list []Policy
	for c := m.policy.Load(); c != nil; c = c.next {
		list = append(list, c.normalised())
	}
	return list
}

// SetDebug turns debug mode on or off. In debug mode, the response to a refused
// request shows which step failed, so that the browser's console names it: a
// refused preflight gets a successful status and the headers of the steps that
// passed, and a refused origin gets the first origin that is allowed. What is
// refused stays refused. Debug mode is for development; it discloses the
// policy.
func (m *Middleware) SetDebug(on bool) { m.debug.Store(on) }

// Wrap returns a handler that answers preflights. For every other request, it
// sets response headers as the policy says and calls next.
//
// Wrap a whole [http.ServeMux] rather than the handlers in it. Without a
// handler for OPTIONS, a mux answers the preflight for a pattern with a method,
// such as "PUT /items", with 405, and middleware inside never sees it.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	return m.WrapWith(next, WrapOptions{})
}

// WrapOptions say how [Middleware.WrapWith] and [Router.WrapWith] wrap a
// handler.
type WrapOptions struct {
	// Override makes the policy replace CORS headers that the handler sets: see
	// [Middleware.WrapOverride].
	Override bool

	// OnDecision, if not nil, is called with the decision about each request,
	// in the request's goroutine, before anything is written: for logs, metrics
	// and headers for debugging. It is the decision that is acted on, so there
	// is no need for [Middleware.Decide], which decides once more. Of a Router,
	// it also gets requests that have no policy, with the reason [NoPolicy], and
	// those whose path is refused, with [AmbiguousPath].
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
	case silent && d.policy.varies:
		// As setHeaders does, but inlined here
		// (BenchmarkMiddleware/one-origin/non-cors: −2 ns of 64).
		d.policy.setRefused(w.Header())
	default:
		h.setHeaders(d, w.Header())
	}
	h.next.ServeHTTP(w, r)
}

// setHeaders sets the headers of the response to a request that is not a
// preflight. If all responses have the same CORS headers, so do those to
// requests without an origin, since a cache may use them for requests with one
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

// answerPreflight answers a preflight that is allowed or, in debug mode, one
// that is refused.
func (d decision) answerPreflight(w http.ResponseWriter, r *http.Request) {
	if d.reason == permitted {
		d.policy.setPreflight(w.Header(), d.origin, r)
	} else {
		d.debugPreflight(w.Header(), r)
	}
	w.WriteHeader(d.policy.status)
}
