package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "cors-only-on-preflight", NeedsPolicy: true,
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
	if r := s.nowhere(); r.failure() && r.allows(s.sent(), false) && !s.has(protocol.AllowOrigin) {
		return by(r).afterRoutes("preflights and what no route takes get")
	}
	return nil
}
