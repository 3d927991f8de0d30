package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "hsts-upgrade", Side: cause.Page, Severity: finding.Note,
	Title: "Browsers that know this server use https by themselves, and others do not",
	When:  "An http: URL redirects to https, where the responses have Strict-Transport-Security.",
	Why:   "A browser that has seen Strict-Transport-Security rewrites http: to https: before it sends anything, so the redirect, and what CORS says about it, shows only in browsers that are new to the server. That is why it works for some people.",
	Fix:   "Write https: in the page.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "{other}"+r.URL.Path)
			allowing(dev, write(http.StatusPermanentRedirect, "text/plain", "")).ServeHTTP(w, r)
		}),
		Other: handle(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			w.Header().Set(protocol.AllowOrigin, "*")
			items.ServeHTTP(w, r)
		}),
		OtherTLS: true, Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{other}/items"}},
	rules: []rule{{rank: lowest, find: func(s *scene) *shown {
		u := urlOf(s.v.Request.URL)
		if u.Scheme != "http" || len(s.v.Wire) < 2 || s.last.Hop == 0 || s.url.Scheme != "https" || s.url.Host != u.Host || !s.has("Strict-Transport-Security") {
			return nil
		}
		return by().saying("Strict-Transport-Security: " + s.answer("Strict-Transport-Security"))
	}}},
})
