package diagnose

import (
	"net/http"

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

// mayBeCached reports whether the answer shows that it came through a cache.
func (s *scene) mayBeCached() bool {
	h := s.last.ResponseHeaders
	return httpcache.IsStored(h) || h.Has("Via") || h.Has("X-Varnish") || h.Has("X-Cache") || h.Has("CF-Cache-Status") || h.Has("X-Served-By") || h.Has("X-Amz-Cf-Id") || h.Has("Age")
}

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
