package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "redirect-taints-origin-to-null",
	When: "A request was redirected from one other origin to another, and the last server does not allow null.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "{other}/items")
			allowing(dev, write(http.StatusFound, "text/plain", "")).ServeHTTP(w, r)
		}),
		Other: allowing(dev, items), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{other}/items"}},
	rules: []rule{{rank: early, of: []string{"redirect-taints-origin-to-null"}, find: func(s *scene) *shown {
		r := s.direct(s.target(), "directly from the page")
		if r == nil || r.Status == 0 {
			return nil
		}
		f := by(r)
		if !r.allows(s.v.Request.Origin, s.credentialed()) {
			f.fix = cause.Lookup("redirect-taints-origin-to-null").Fix + " That server must allow {page} then, which it does not do now."
		}
		return f
	}}},
})
