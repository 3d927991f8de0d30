package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

// maxHops bounds the redirects that are followed to find a URL that works.
const maxHops = 4

// redirectAway redirects a path to another, where CORS works.
func redirectAway(status int, from, to string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == from {
			w.Header().Set("Location", to)
			w.WriteHeader(status)
			return
		}
		allowing(dev, items).ServeHTTP(w, r)
	})
}

// afterPreflight follows the redirects of a preflight, to say which URL works.
func afterPreflight(slug string) rule {
	return rule{rank: early, of: []string{slug}, find: func(s *scene) *shown {
		return s.follow(slug, s.directPreflight, func(r *reply) bool { return r.grants(s.credentialed()) })
	}}
}

// afterRedirect does so for redirects of the request itself.
func afterRedirect(slug string) rule {
	return rule{rank: early, of: []string{slug}, find: func(s *scene) *shown {
		return s.follow(slug, s.direct, func(r *reply) bool { return r.allows(s.v.Request.Origin, s.credentialed()) })
	}}
}

// follow asks for what a redirect leads to, to its end, and says
// whether the page could call that.
func (s *scene) follow(slug string, ask func(url, why string) *reply, works func(*reply) bool) *shown {
	to := s.redirect()
	f := by()
	for range maxHops {
		if !isWeb(to.Scheme) {
			return nil
		}
		r := ask(to.StringNoFragment(), "where the redirect leads to")
		if r == nil || r.Status == 0 {
			return nil
		}
		f.also(r)
		if s.url.Scheme == "http" && to.Scheme == "https" && r.has("Strict-Transport-Security") {
			f.below, f.belowLine = "hsts-upgrade", "Strict-Transport-Security: "+r.get("Strict-Transport-Security")
		}
		if r.Status/100 == 3 && r.has("Location") {
			to = relative(r.get("Location"), to)
			continue
		}
		fix := cause.Lookup(slug).Fix
		switch url := to.StringNoFragment(); {
		case works(r) && url == s.redirect().StringNoFragment():
			f.fix = fix + " That URL allows this page."
		case works(r):
			f.fix = fix + " That redirects again; what works is " + url + "."
		default:
			f.fix = fix + " The server must also allow the page there, which it does not do yet: " + printable(r.shows()) + "."
			f.policyToo, f.elsewhere = true, url
		}
		return f
	}
	return nil
}

var _ = register(&Cause{
	Slug: "preflight-redirect-trailing-slash",
	Example: &Scenario{
		Server: redirectAway(http.StatusTemporaryRedirect, "/items", "/items/"), Request: fetch.Request{URL: "{server}/items", Method: "PUT"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/items/", Method: "PUT"}},
	rules: []rule{afterPreflight("preflight-redirect-trailing-slash")},
})

var _ = register(&Cause{
	Slug: "preflight-redirect-double-slash",
	Example: &Scenario{
		Server: redirectAway(http.StatusMovedPermanently, "//items", "/items"), Request: fetch.Request{URL: "{server}//items", Method: "PUT"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/items", Method: "PUT"}},
	rules: []rule{afterPreflight("preflight-redirect-double-slash")},
})

var _ = register(&Cause{
	Slug: "preflight-redirect",
	Example: &Scenario{
		Server: redirectAway(http.StatusPermanentRedirect, "/items", "/v2/items"), Request: fetch.Request{URL: "{server}/items", Method: "PUT"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/v2/items", Method: "PUT"}},
	rules: []rule{afterPreflight("preflight-redirect")},
})

var (
	_ = register(&Cause{Slug: "preflight-redirect-https", rules: []rule{afterPreflight("preflight-redirect-https")}})
	_ = register(&Cause{Slug: "preflight-redirect-www", rules: []rule{afterPreflight("preflight-redirect-www")}})
	_ = register(&Cause{Slug: "redirect-https-upgrade", rules: []rule{afterRedirect("redirect-https-upgrade")}})
)

var _ = register(&Cause{
	Slug: "redirect-without-cors-headers",
	Example: &Scenario{
		Server: redirectAway(http.StatusMovedPermanently, "/items", "/v2/items"), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/v2/items"}},
	rules: []rule{afterRedirect("redirect-without-cors-headers")},
})

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
