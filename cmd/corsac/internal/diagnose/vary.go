package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/httpcache"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// echo responds to every origin with itself, and lines beside it.
func echo(lines ...string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o != "" {
			w.Header().Set(protocol.AllowOrigin, o)
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		items.ServeHTTP(w, r)
	})
}

// disproved reports whether package cause only suspects a cause that the response
// to another origin rules out.
func (s *scene) disproved(f *finding.Finding) bool {
	if f.Cause != "missing-vary-origin" && f.Cause != "conditional-cors-without-vary" || !s.lacksVary() {
		return false
	}
	r := s.from(s.stranger())
	return r.success() && r.get(protocol.AllowOrigin) == s.answer(protocol.AllowOrigin)
}

// lacksVary reports whether a cache may keep the response for others: it is a GET
// that a page of another origin may read, without Vary: Origin.
func (s *scene) lacksVary() bool {
	r, method := s.v.Response, s.v.Request.Method
	h := s.last.ResponseHeaders
	return r != nil && r.Type == fetch.TypeCORS && s.last.Kind == fetch.KindActual && s.last.Status < 300 &&
		(method == http.MethodGet || method == http.MethodHead) &&
		!protocol.Lists(h.Get("Vary"), "Origin") && !protocol.Lists(h.Get("Vary"), "*") && !httpcache.IsForbidden(h)
}
