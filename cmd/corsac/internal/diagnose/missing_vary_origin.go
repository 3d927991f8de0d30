package diagnose

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/httpcache"
	"github.com/corsac-dev/corsac/internal/protocol"
)

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
		if !s.lacksVary() || s.answer(protocol.AllowOrigin) == "*" {
			return nil
		}
		o := s.stranger()
		r := s.from(o)
		if !r.success() || r.get(protocol.AllowOrigin) == s.answer(protocol.AllowOrigin) {
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
