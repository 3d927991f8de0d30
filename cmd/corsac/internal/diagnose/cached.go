package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/httpcache"
)

// kept responds as a cache does that kept an answer to another request, unless the
// query is new.
func kept(lines fetch.Headers) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			allowing(dev, items).ServeHTTP(w, r)
			return
		}
		w.Header().Set("Age", "4211")
		w.Header().Set("X-Cache", "HIT")
		for _, h := range lines {
			w.Header().Set(h.Name, h.Value)
		}
		items.ServeHTTP(w, r)
	})
}

var _ = register(&Cause{
	Slug: "cached-response-without-cors",
	When: "The response has no CORS headers, and the same request with a query that no cache knows gets them.",
	Example: &Scenario{
		Server: kept(nil), Request: fetch.Request{URL: "{server}/logo.json"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: caching, of: bareSuccess, find: func(s *scene) *shown {
		if s.preflight() || !s.mayBeCached() {
			return nil
		}
		if r := s.fresh(); r.success() && r.allows(s.sent(), false) && s.stillBare() {
			return by(r)
		}
		return nil
	}}},
})

// mayBeCached reports whether the answer shows that it came through a cache.
func (s *scene) mayBeCached() bool {
	h := s.last.ResponseHeaders
	return httpcache.IsStored(h) || h.Has("Via") || h.Has("X-Varnish") || h.Has("X-Cache") || h.Has("CF-Cache-Status") || h.Has("X-Served-By") || h.Has("X-Amz-Cf-Id") || h.Has("Age")
}

var _ = register(&Cause{
	Slug: "cached-for-other-origin",
	When: "The response allows another origin, and the same request with a query that no cache knows allows the page's.",
	Example: &Scenario{
		Server: kept(fetch.Headers{{Name: allowOrigin, Value: "https://admin.example.com"}}), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: caching, of: wrongValue, find: func(s *scene) *shown {
		suspected := s.symptom() == "cached-for-other-origin"
		if s.preflight() || !suspected && !s.mayBeCached() {
			return nil
		}
		r := s.fresh()
		switch {
		case r.success() && r.allows(s.sent(), false):
			return by(r)
		case suspected && r != nil && r.Status != 0 && len(s.candidates) > 1: // no cache is to blame
			f := by(r)
			f.finding = &s.candidates[1]
			return f
		}
		return nil
	}}},
})

var _ = register(&Cause{
	Slug: "preflight-served-from-cache", Side: "server",
	Title: "A cache responds to the preflight with an old response",
	When:  "The preflight response comes from a cache, and the same preflight with a query that no cache knows passes.",
	Why:   "Something before the server keeps responses to OPTIONS. It still has one from before the policy changed, or one for another method, header or origin.",
	Fix:   "Do not cache responses to OPTIONS in the CDN or proxy, and purge it. Access-Control-Max-Age is for browsers, and does not need such a cache.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions && r.URL.RawQuery == "" {
				w.Header().Set("Age", "90")
				w.Header().Set(allowOrigin, dev)
				w.Header().Set(allowMethods, "GET, POST")
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

// repeats is how often an answer is asked for that may differ.
const repeats = 3

// stillBare reports whether the same request keeps getting no CORS headers, so that
// a difference is not one between servers that share the URL.
func (s *scene) stillBare() bool {
	if !isHarmless(s.v.Request.Method) && !s.preflight() && !s.Send {
		return true // it cannot be asked again
	}
	return s.again(1, "once more").bare() && s.again(2, "once more").bare()
}

// alternating responds correctly every second time.
func alternating() http.Handler {
	n := 0
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if n++; n%2 == 0 {
			w.Header().Set("X-Served-By", "app-2")
			allowing(dev, items).ServeHTTP(w, r)
			return
		}
		w.Header().Set("X-Served-By", "app-1")
		items.ServeHTTP(w, r)
	})
}

var _ = register(&Cause{
	Slug: "inconsistent-backends", Side: "server",
	Title: "The same request sometimes has CORS headers and sometimes not",
	When:  "Repeated, the same request is sometimes allowed.",
	Why:   "Several servers share the URL, and one of them runs another version or another configuration.",
	Fix:   "Deploy the same configuration to all of them, and restart those that still have the old one. Headers such as X-Served-By may say which.",
	Example: &Scenario{
		Server: alternating(), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: middle, of: append([]string{"acao-other-origin"}, append(bareSuccess, append(refusedPreflight, "error-response-without-cors")...)...), find: func(s *scene) *shown {
		if s.status(401, 403, 404) && s.symptom() != "origin-not-allowed" && !s.preflight() {
			return nil
		}
		for i := range repeats {
			r := s.again(i+1, "once more")
			if r == nil {
				return nil
			}
			if passes := r.allows(s.sent(), false); passes && (!s.preflight() || r.success()) {
				f := by(r)
				f.confidence = finding.Likely
				return f
			}
		}
		return nil
	}}},
})
