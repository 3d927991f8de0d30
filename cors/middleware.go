package cors

import (
	"net/http"
	"sync/atomic"
)

// Middleware announces a [Policy] to browsers. The zero Middleware announces
// nothing and passes all requests on; [New] returns a useful one. It must not be
// copied after first use.
type Middleware struct {
	policy atomic.Pointer[compiled]
	debug  atomic.Bool
}

// New returns a middleware that announces p. If p is in any way wrong, the error
// is of type [ConfigErrors] and names every mistake.
func New(p Policy) (*Middleware, error) {
	m := new(Middleware)
	if err := m.Reconfigure(p); err != nil {
		return nil, err
	}
	return m, nil
}

// Reconfigure exchanges the policy, atomically, also while requests are being
// served: each request sees the old policy or the new one. If p is in any way
// wrong, the error is as that of [New], and the old policy stays.
func (m *Middleware) Reconfigure(p Policy) error {
	c, err := compile(p)
	if err != nil {
		return err
	}
	m.policy.Store(c)
	return nil
}

// Policy returns the current policy, normalised: lists sorted and without
// repetitions, header names in lower case, and without entries that change
// nothing, such as the method GET. A change to it changes nothing in m. The
// Policy of the zero Middleware is the zero Policy.
func (m *Middleware) Policy() Policy {
	if c := m.policy.Load(); c != nil {
		return c.normalised()
	}
	return Policy{}
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
	return &handler{m, next}
}

type handler struct {
	*Middleware

	next http.Handler
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.policy.Load()
	if c == nil {
		h.next.ServeHTTP(w, r)
		return
	}
	switch kindOf(r) {
	case Preflight:
		h.servePreflight(c, w, r)
		return
	case Actual:
		if c.checkOrigin(r) == Permitted {
			c.announceActual(w.Header(), r)
			break
		}
		c.announceNothing(w.Header())
		if h.debug.Load() {
			c.debugOrigin(w.Header(), r)
		}
	default:
		c.announceNonCORS(w.Header(), r)
	}
	h.next.ServeHTTP(w, r)
}

// servePreflight answers a preflight. Everything is checked before anything is
// written, so that a refusal costs little and discloses nothing.
func (h *handler) servePreflight(c *compiled, w http.ResponseWriter, r *http.Request) {
	reason, _ := c.checkPreflight(r)
	switch {
	case reason == Permitted:
		c.announcePreflight(w.Header(), r)
		w.WriteHeader(c.status)
	case h.debug.Load():
		c.debugPreflight(w.Header(), r, reason)
		w.WriteHeader(c.status)
	default:
		w.WriteHeader(http.StatusForbidden)
	}
}
