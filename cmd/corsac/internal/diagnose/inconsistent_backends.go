package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
)

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
