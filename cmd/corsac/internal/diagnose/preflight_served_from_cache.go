package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/internal/httpcache"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "preflight-served-from-cache", InProxy: true, Side: "server",
	Title: "A cache responds to the preflight with an old response",
	When:  "The preflight response comes from a cache, and the same preflight with a query that no cache knows passes.",
	Why:   "Something before the server keeps responses to OPTIONS. It still has one from before the policy changed, or one for another method, header or origin.",
	Fix:   "Do not cache responses to OPTIONS in the CDN or proxy, and purge it. Access-Control-Max-Age is for browsers, and does not need such a cache.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions && r.URL.RawQuery == "" {
				w.Header().Set("Age", "90")
				w.Header().Set(protocol.AllowOrigin, dev)
				w.Header().Set(protocol.AllowMethods, "GET, POST")
				w.WriteHeader(http.StatusNoContent)
				return
			}
			allowing(dev, items).ServeHTTP(w, r)
		}),
		Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: caching, of: preflightValues, find: func(s *scene) *shown {
		if !s.preflight() || !httpcache.IsStored(s.last.ResponseHeaders) {
			return nil
		}
		if r := s.fresh(); r.grants(s.credentialed()) {
			return by(r)
		}
		return nil
	}}},
})

// preflightValues are preflights that lack something that a newer one may have.
var preflightValues = append([]string{
	"method-not-allowed", "header-not-allowed", "content-type-not-allowed", "authorization-not-allowed", "library-header-not-allowed", "acah-missing",
	"acac-missing", "acac-missing-on-preflight", "wildcard-origin-with-credentials", "wildcard-headers-with-credentials", "wildcard-methods-with-credentials",
}, append(wrongValue, refusedPreflight...)...)
