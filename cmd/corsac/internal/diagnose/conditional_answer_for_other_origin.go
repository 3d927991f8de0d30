package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "conditional-answer-for-other-origin", Side: cause.Policy, Severity: finding.Warning,
	Title: "A 304 brings back the CORS headers of another origin",
	When:  "Responses to two origins have the same ETag, and the 304 for one of them has no CORS headers.",
	Why:   "A browser that has the response for another page asks with its ETag. The 304 says that it is still good, without CORS headers of its own, so the browser uses those that it stored, which are for the other page.",
	Fix:   "Send the CORS headers on 304, too; or make the origin part of the ETag.",
	Example: &Scenario{
		Server: tagged(false), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: tagged(true)},
	rules: []rule{{rank: late, find: func(s *scene) *shown {
		r, tag := s.v.Response, s.answer("ETag")
		if r == nil || r.Type != fetch.TypeCORS || s.last.Method != http.MethodGet || s.last.Status != http.StatusOK || tag == "" || s.answer(protocol.AllowOrigin) == "*" || s.sender == nil {
			return nil
		}
		q := s.get(s.target(), "with the ETag of the response")
		q.extra = fetch.Headers{{Name: "If-None-Match", Value: tag}}
		conditional := s.ask(q)
		if !conditional.status(http.StatusNotModified) || conditional.has(protocol.AllowOrigin) {
			return nil
		}
		other := s.from(s.stranger())
		if !other.success() || other.get("ETag") != tag || other.get(protocol.AllowOrigin) == s.answer(protocol.AllowOrigin) {
			return nil
		}
		return by(conditional, other)
	}}},
})

// tagged responds with one ETag to every origin. complete says whether a 304 has
// the CORS headers, too.
func tagged(complete bool) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		w.Header().Set("ETag", `"v1"`)
		fresh := r.Header.Get("If-None-Match") == `"v1"`
		if o := r.Header.Get("Origin"); o != "" && (complete || !fresh) {
			w.Header().Set(protocol.AllowOrigin, o)
		}
		if fresh {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		items.ServeHTTP(w, r)
	})
}
