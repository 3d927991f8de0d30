package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "cors-missing-on-route", NeedsPolicy: true, Side: cause.Server,
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
		if s.has(protocol.AllowOrigin) || s.preflightPassed() != nil {
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

// afterRoutes says that the order is at fault.
func (f *shown) afterRoutes(who string) *shown {
	f.title = "CORS is set up after the routes: " + who + " its headers, and this route does not"
	f.why = "A middleware sees only the requests that nothing before it has answered. A route that comes first answers without it."
	f.fix = "Set up CORS before the routes, and before everything else that can answer."
	return f.likely()
}
