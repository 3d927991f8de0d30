package cors

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
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
	routes []route // the longest prefixes first
}

type route struct {
	prefix string // without a slash at its end; "" takes all
	m      *Middleware
}

// NewRouter returns a router of middleware by prefix. A prefix begins with a slash
// and is clean, without "//", "." or ".." segments, and decoded; a slash at its end
// changes nothing. The error names the prefixes that are not so, or given twice.
func NewRouter(routes map[string]*Middleware) (*Router, error) {
	rt := new(Router)
	var bad []string
	for prefix, m := range routes {
		trimmed := strings.TrimSuffix(prefix, "/")
		clean := trimmed == "" || path.Clean(trimmed) == trimmed
		if !strings.HasPrefix(prefix, "/") || !clean || m == nil || strings.ContainsAny(prefix, "?#*{}%\\;\x00") {
			bad = append(bad, fmt.Sprintf("%q is not a clean path that begins with a slash, or has no middleware", prefix))
			continue
		}
		if slices.ContainsFunc(rt.routes, func(r route) bool { return r.prefix == trimmed }) {
			bad = append(bad, fmt.Sprintf("%q is given twice, with and without a slash at its end", trimmed))
			continue
		}
		rt.routes = append(rt.routes, route{trimmed, m})
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return nil, fmt.Errorf("cors: router: %s", strings.Join(bad, "; "))
	}
	slices.SortFunc(rt.routes, func(a, b route) int { return len(b.prefix) - len(a.prefix) })
	return rt, nil
}

// Wrap returns a handler that gives each request to the middleware of its path,
// and then to next.
func (rt *Router) Wrap(next http.Handler) http.Handler {
	return rt.WrapWith(next, WrapOptions{})
}

// WrapWith is [Router.Wrap] with options.
func (rt *Router) WrapWith(next http.Handler, o WrapOptions) http.Handler {
	wrapped := make(map[*Middleware]http.Handler, len(rt.routes))
	for _, r := range rt.routes {
		wrapped[r.m] = r.m.WrapWith(next, o)
	}
	nobody := &handler{new(Middleware), next, o}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, ambiguous := rt.find(r)
		if m != nil {
			wrapped[m].ServeHTTP(w, r)
			return
		}
		o.noPolicy(w, r)
		switch {
		case !ambiguous:
			next.ServeHTTP(w, r)
		case kindOf(r) == Preflight:
			w.WriteHeader(http.StatusForbidden)
		case o.Override:
			nobody.serveOverride(decision{policy: allowsNobody, reason: NoPolicy}, w, r)
		default:
			allowsNobody.setRefused(w.Header())
			next.ServeHTTP(w, r)
		}
	})
}

// allowsNobody is the policy of requests that no single policy is for.
var allowsNobody = &compiled{varies: true}

// find returns the middleware of a request, if there is one, or that there is
// more than one.
func (rt *Router) find(r *http.Request) (m *Middleware, ambiguous bool) {
	written := r.URL.EscapedPath()
	m = rt.match(r.URL.Path)
	if !strings.ContainsAny(written, `%\;`) && !strings.Contains(written, "//") && !strings.Contains(written, "/.") {
		return m, false
	}
	for _, reading := range readings(written, r.URL.Path) {
		if rt.match(reading) != m {
			return nil, true
		}
	}
	return m, false
}

// readings returns how handlers may read a path besides r.URL.Path as it is: by
// segments, in which an escaped slash is no separator, as http.ServeMux does; and
// decoded once more, with backslashes taken for slashes, with and without
// parameters; each also cleaned.
func readings(written, decoded string) []string {
	segments, err := url.PathUnescape(escapedSlashes.Replace(written))
	if err != nil {
		segments = decoded
	}
	list := []string{segments, path.Clean("/" + segments)}
	for _, p := range []string{decoded, escapedDelimiters.Replace(decoded)} {
		p = "/" + strings.ReplaceAll(p, `\`, "/")
		list = append(list, path.Clean(p), path.Clean(withoutParameters(p)))
	}
	return list
}

var (
	escapedSlashes    = strings.NewReplacer("%2f", "%00", "%2F", "%00")
	escapedDelimiters = strings.NewReplacer("%2f", "/", "%2F", "/", "%5c", `\`, "%5C", `\`, "%2e", ".", "%2E", ".", "%3b", ";", "%3B", ";")
)

// withoutParameters removes what follows a semicolon in each segment.
func withoutParameters(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i], _, _ = strings.Cut(s, ";")
	}
	return strings.Join(segments, "/")
}

func (rt *Router) match(p string) *Middleware {
	for i := range rt.routes {
		rest, ok := strings.CutPrefix(p, rt.routes[i].prefix)
		if ok && (rest == "" || rest[0] == '/') {
			return rt.routes[i].m
		}
	}
	return nil
}
