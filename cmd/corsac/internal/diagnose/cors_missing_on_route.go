package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "cors-missing-on-route", Side: cause.Server,
	Title: "This route has no CORS headers, though other routes of the server do",
	When:  "The URL responds without CORS headers, and another URL of the same server allows the page's origin.",
	Why:   "CORS is set up for a part of the server only: for a prefix, a router or single routes, and {url} is not among them.",
	Fix:   "Set up CORS for the whole server, before the routes, or add it to this route, too.",
	Example: &Scenario{
		Server:  routes(map[string]http.Handler{"/v2/items": items, "/v2": allowing(dev, items), "/": allowing(dev, items)}),
		Request: fetch.Request{URL: "{server}/v2/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: append([]string{"preflight-without-cors-headers", "preflight-not-routed"}, bareSuccess...), find: func(s *scene) *shown {
		if s.has(allowOrigin) || s.preflightPassed() != nil {
			return nil
		}
		if s.preflight() {
			r := s.actual()
			if r.status(http.StatusMethodNotAllowed) && r.bare() {
				// Only the method of the request would show more of the route itself.
				if n := s.nowhere(); n.failure() && n.allows(s.sent(), false) {
					return by(r, n).afterRoutes("what no route takes gets")
				}
				return nil
			}
			if !r.success() || !r.bare() {
				return nil
			}
		}
		for _, r := range append(s.elsewhere(), s.nowhere()) {
			if r.allows(s.sent(), false) && r.success() {
				return by(r)
			}
		}
		if r := s.nowhere(); r.allows(s.sent(), false) {
			return by(r).afterRoutes("what no route takes gets")
		}
		return nil
	}}},
})

var getOnly = handle(func(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		items.ServeHTTP(w, r)
		return
	}
	allowing(dev, items).ServeHTTP(w, r)
})

var _ = register(&Cause{
	Slug: "cors-missing-on-method", Side: cause.Server,
	Title: "{method} has no CORS headers here, though GET does",
	When:  "The response to the method is without CORS headers, and GET of the same URL allows the page's origin.",
	Why:   "CORS is set up for single handlers, and the one for {method} is not among them.",
	Fix:   "Set up CORS for the whole server or the whole controller, or add it to the handler of {method}, too.",
	Example: &Scenario{
		Server: getOnly, Request: fetch.Request{URL: "{server}/api/items", Method: "POST"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: early, of: bareSuccess, find: func(s *scene) *shown {
		if s.preflight() || s.v.Request.Method == http.MethodGet || s.has(allowOrigin) {
			return nil
		}
		// An error is what no route made: the order is at fault then.
		if r := s.asGet(); r.success() && r.allows(s.sent(), false) && s.stillBare() {
			return by(r)
		}
		return nil
	}}},
})

var _ = register(&Cause{
	Slug: "cors-only-on-preflight",
	When: "The preflight allows the request, or would if the browser sent one, and the response to the request itself is a success without CORS headers.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				allowing(dev, items).ServeHTTP(w, r)
				return
			}
			items.ServeHTTP(w, r)
		}),
		Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: early, of: []string{"no-cors-headers", "html-instead-of-json"}, find: func(s *scene) *shown {
		if s.preflight() || s.last.Status >= 300 {
			return nil
		}
		if r := s.preflightHere(); r.success() && r.allows(s.sent(), false) && s.stillBare() {
			if f := s.unrouted(); f != nil {
				return f.also(r)
			}
			return by(r)
		}
		return nil
	}}, {rank: early, of: []string{"cors-only-on-preflight"}, find: (*scene).unrouted}},
})

// unrouted finds that CORS is set up after the routes: a preflight passes, and so
// does what no route takes.
func (s *scene) unrouted() *shown {
	if r := s.nowhere(); r.failure() && r.allows(s.sent(), false) && !s.has(allowOrigin) {
		return by(r).afterRoutes("preflights and what no route takes get")
	}
	return nil
}

// afterRoutes says that the order is at fault.
func (f *shown) afterRoutes(who string) *shown {
	f.title = "CORS is set up after the routes: " + who + " its headers, and this route does not"
	f.why = "A middleware sees only the requests that nothing before it has answered. A route that comes first answers without it."
	f.fix = "Set up CORS before the routes, and before everything else that can answer."
	return f.likely()
}
