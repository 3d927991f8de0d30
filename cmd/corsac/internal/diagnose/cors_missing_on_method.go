package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "cors-missing-on-method", NeedsPolicy: true, Side: cause.Server,
	Title: "{method} has no CORS headers here, though GET does",
	When:  "The response to the method is without CORS headers, and GET of the same URL allows the page's origin.",
	Why:   "CORS is set up for single handlers, and the one for {method} is not among them.",
	Fix:   "Set up CORS for the whole server or the whole controller, or add it to the handler of {method}, too.",
	Example: &Scenario{
		Server: getOnly, Request: fetch.Request{URL: "{server}/api/items", Method: "POST"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: early, of: bareSuccess, find: func(s *scene) *shown {
		if s.preflight() || s.v.Request.Method == http.MethodGet || s.has(protocol.AllowOrigin) {
			return nil
		}
		// An error is what no route made: the order is at fault then.
		if r := s.asGet(); r.success() && r.allows(s.sent(), false) && s.stillBare() {
			return by(r)
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
