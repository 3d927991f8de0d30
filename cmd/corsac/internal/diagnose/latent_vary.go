package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/httpcache"
)

// echo responds to every origin with itself, and lines beside it.
func echo(lines ...string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o != "" {
			w.Header().Set(allowOrigin, o)
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		items.ServeHTTP(w, r)
	})
}

var _ = register(&Cause{
	Slug:  "missing-vary-origin",
	When:  "The response has no Vary: Origin and may be cached, and it allows another origin by another header, or the preflight says that responses depend on Origin.",
	Title: "Caches may serve this response to pages of other origins: no Vary: Origin",
	Why:   "Access-Control-Allow-Origin depends on the page's origin, and nothing says so to caches: the browser's own and those on the way serve a page of another origin the header for this one, and that page then fails.",
	Fix:   "Send Vary: Origin on every response, those without CORS headers included.",
	Example: &Scenario{
		Server: echo("Cache-Control: public, max-age=600"), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: echo("Cache-Control: public, max-age=600", "Vary: Origin")},
	rules: []rule{{rank: early, find: func(s *scene) *shown {
		if !s.lacksVary() || s.answer(allowOrigin) == "*" {
			return nil
		}
		o := s.stranger()
		r := s.from(o)
		if !r.success() || r.get(allowOrigin) == s.answer(allowOrigin) {
			return nil // it does not depend on the origin
		}
		f := by(r)
		f.instead = []string{"conditional-cors-without-vary"}
		if !httpcache.IsInvited(s.last.ResponseHeaders) {
			f.severity = finding.Note
		}
		return f
	}}},
})

var _ = register(&Cause{
	Slug:  "conditional-cors-without-vary",
	When:  "The response has no Vary: Origin and may be cached, and without Origin it has no CORS headers.",
	Title: "Caches may lose the CORS headers: they depend on Origin, without Vary",
	Why:   "The server sends CORS headers only to requests with Origin, and nothing says so to caches. One that stores the response to a request without Origin, such as that of an image or a link, serves it to this page, which then fails.",
	Fix:   "Send Vary: Origin on every response, those without CORS headers included; or send the CORS headers always.",
	Side:  cause.Policy, Severity: finding.Warning,
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") != "" {
				w.Header().Set(allowOrigin, "*")
			}
			w.Header().Set("Cache-Control", "public, max-age=600")
			items.ServeHTTP(w, r)
		}),
		Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: echo("Cache-Control: public, max-age=600", "Vary: Origin")},
	rules: []rule{{rank: middle, find: func(s *scene) *shown {
		if !s.lacksVary() || !httpcache.IsInvited(s.last.ResponseHeaders) {
			return nil
		}
		if s.answer(allowOrigin) != "*" && s.from(s.stranger()).get(allowOrigin) != s.answer(allowOrigin) {
			return nil // missing-vary-origin
		}
		if r := s.withoutOrigin(); r.success() && r.bare() {
			return by(r)
		}
		return nil
	}}},
})

// disproved reports whether package cause only suspects a cause that the response
// to another origin rules out.
func (s *scene) disproved(f *finding.Finding) bool {
	if f.Cause != "missing-vary-origin" && f.Cause != "conditional-cors-without-vary" || !s.lacksVary() {
		return false
	}
	r := s.from(s.stranger())
	return r.success() && r.get(allowOrigin) == s.answer(allowOrigin)
}

// lacksVary reports whether a cache may keep the response for others: it is a GET
// that a page of another origin may read, without Vary: Origin.
func (s *scene) lacksVary() bool {
	r, method := s.v.Response, s.v.Request.Method
	h := s.last.ResponseHeaders
	return r != nil && r.Type == fetch.TypeCORS && s.last.Kind == fetch.KindActual && s.last.Status < 300 &&
		(method == http.MethodGet || method == http.MethodHead) &&
		!lists(h.Get("Vary"), "Origin") && !lists(h.Get("Vary"), "*") && !httpcache.IsForbidden(h)
}

// tagged responds with one ETag to every origin. complete says whether a 304 has
// the CORS headers, too.
func tagged(complete bool) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		w.Header().Set("ETag", `"v1"`)
		fresh := r.Header.Get("If-None-Match") == `"v1"`
		if o := r.Header.Get("Origin"); o != "" && (complete || !fresh) {
			w.Header().Set(allowOrigin, o)
		}
		if fresh {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		items.ServeHTTP(w, r)
	})
}

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
		if r == nil || r.Type != fetch.TypeCORS || s.last.Method != http.MethodGet || s.last.Status != http.StatusOK || tag == "" || s.answer(allowOrigin) == "*" || s.sender == nil {
			return nil
		}
		q := s.get(s.target(), "with the ETag of the response")
		q.extra = fetch.Headers{{Name: "If-None-Match", Value: tag}}
		conditional := s.ask(q)
		if !conditional.status(http.StatusNotModified) || conditional.has(allowOrigin) {
			return nil
		}
		other := s.from(s.stranger())
		if !other.success() || other.get("ETag") != tag || other.get(allowOrigin) == s.answer(allowOrigin) {
			return nil
		}
		return by(conditional, other)
	}}},
})
