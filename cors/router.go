package cors

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/pathread"
)

// Router gives the parts of a server different policies, by the path of the
// request. Put it around a whole mux, as with [Middleware.Wrap]. It is safe for
// concurrent use; each middleware in it can be reconfigured.
//
// A prefix takes whole segments: /api takes /api, /api/ and /api/items, but not
// /apis. The longest prefix that takes the path decides; "/" takes all. Requests
// that none takes are passed on as they are.
//
// Handlers may read a path in other ways than it is written: they may resolve
// "..", merge "//", or decode "%2F". If that would lead to another middleware,
// announcing either would let pages read what the other protects, so the request
// is passed on without CORS headers, and a preflight is refused.
type Router struct {
	routes     pathread.Table[*Middleware]
	middleware []*Middleware
}

// NewRouter returns a router of middleware by prefix. A prefix begins with a slash
// and is clean, without "//", "." or ".." segments, and decoded; a slash at its end
// changes nothing. The error names the prefixes that are not so, have no
// middleware, or are given twice.
func NewRouter(routes map[string]*Middleware) (*Router, error) {
	rt := &Router{routes: pathread.Table[*Middleware]{Same: func(a, b *Middleware) bool { return a == b }}}
	var bad []string
	for _, prefix := range slices.Sorted(maps.Keys(routes)) {
		m := routes[prefix]
		switch {
		case !isCleanPrefix(prefix):
			bad = append(bad, fmt.Sprintf("%q is not a clean path that begins with a slash", prefix))
		case m == nil:
			bad = append(bad, fmt.Sprintf("%q has no middleware", prefix))
		case !rt.routes.Add(prefix, m):
			bad = append(bad, fmt.Sprintf("%q is given twice, with and without the slash at its end", prefix))
		case !slices.Contains(rt.middleware, m):
			rt.middleware = append(rt.middleware, m)
		}
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("cors: router: %s", strings.Join(bad, "; "))
	}
	return rt, nil
}

// isCleanPrefix reports whether a prefix is as [NewRouter] requires.
func isCleanPrefix(prefix string) bool {
	if !strings.HasPrefix(prefix, "/") || strings.ContainsAny(prefix, "?#*{}%\\;\x00") {
		return false
	}
	return prefix == "/" || prefix != "//" && path.Clean(prefix) == strings.TrimSuffix(prefix, "/")
}

// Wrap returns a handler that gives each request to the middleware of its path,
// and then to next.
func (rt *Router) Wrap(next http.Handler) http.Handler {
	return rt.WrapWith(next, WrapOptions{})
}

// WrapWith is [Router.Wrap] with options.
func (rt *Router) WrapWith(next http.Handler, o WrapOptions) http.Handler {
	wrapped := make(map[*Middleware]http.Handler, len(rt.middleware))
	for _, m := range rt.middleware {
		wrapped[m] = m.WrapWith(next, o)
	}
	nobody := &handler{new(Middleware), next, o}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, ambiguous := rt.find(r)
		if m != nil {
			wrapped[m].ServeHTTP(w, r)
			return
		}
		if !ambiguous {
			o.noPolicy(w, r)
			next.ServeHTTP(w, r)
			return
		}
		nobody.refuseAmbiguous(w, r)
	})
}

// refuseAmbiguous serves a request that no single policy is for, as a policy that
// allows nobody does.
func (h *handler) refuseAmbiguous(w http.ResponseWriter, r *http.Request) {
	d := decision{kind: kindOf(r), policy: allowsNobody, reason: AmbiguousPath}
	if d.kind == NonCORS {
		d.reason = noOrigin
	}
	if h.options.OnDecision != nil {
		h.options.OnDecision(w, r, d.describe(r))
	}
	switch {
	case d.kind == Preflight:
		w.WriteHeader(http.StatusForbidden)
	case h.options.Override:
		h.serveOverride(d, w, r)
	default:
		d.policy.setRefused(w.Header())
		h.next.ServeHTTP(w, r)
	}
}

// allowsNobody is the policy of requests that no single policy is for.
var allowsNobody = &compiled{varies: true, actualVary: headerOrigin, actualVaryNames: []string{headerOrigin}}

// find returns the middleware of a request, if there is one, or that there is
// more than one.
func (rt *Router) find(r *http.Request) (m *Middleware, ambiguous bool) {
	m, _ = rt.routes.Match(r.URL.Path)
	settled := pathread.Routing{
		Uniform: rt.routes.Uniform(),
		Exact:   func(reading string) bool { exact, _ := rt.routes.Match(reading); return exact == m },
		Folded:  func(reading string) bool { folded, _ := rt.routes.MatchFolded(reading); return folded == m },
		Folds:   rt.routes.Folds,
	}.Settled(r.URL.EscapedPath(), false)
	if !settled {
		return nil, true
	}
	return m, false
}
