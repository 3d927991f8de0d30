package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/httpcache"
	"github.com/corsac-dev/corsac/internal/protocol"
)

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
				w.Header().Set(protocol.AllowOrigin, "*")
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
		if s.answer(protocol.AllowOrigin) != "*" && s.from(s.stranger()).get(protocol.AllowOrigin) != s.answer(protocol.AllowOrigin) {
			return nil // missing-vary-origin
		}
		if r := s.withoutOrigin(); r.success() && r.bare() {
			return by(r)
		}
		return nil
	}}},
})
