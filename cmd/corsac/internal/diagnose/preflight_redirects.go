package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
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
	from, to, sent := s.url, s.redirect(), s.sent()
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
		sent = s.sentAfter(from, to, sent)
		redirected := s.redirected(to, sent)
		f.also(redirected)
		if r.Status/100 == 3 && r.has("Location") {
			from, to = to, relative(r.get("Location"), to)
			continue
		}
		s.fixRedirect(f, slug, r, works(r))
		if works(r) && redirected != nil && !redirected.allows(sent, s.credentialed()) {
			f.fix += " Headers on the redirect alone would not help: after it, the browser sends Origin: null, which that server does not allow."
		}
		return f
	}
	return nil
}

// sentAfter is the origin that a browser sends to where a URL redirects to, if it
// sent one to the URL itself: after a redirect from one foreign origin to another,
// it is null.
func (s *scene) sentAfter(from, to *weburl.URL, sent string) string {
	here, err := origin.ParseURL(from.StringNoFragment())
	there, err2 := origin.ParseURL(to.StringNoFragment())
	if err != nil || err2 != nil || !here.SameOrigin(there) && !here.SameOrigin(s.page) {
		return "null"
	}
	return sent
}

// redirected is the answer of a URL to the request that a browser makes there after
// redirects; nil if that does not differ from the page's own.
func (s *scene) redirected(to *weburl.URL, sent string) *reply {
	if s.preflight() || sent == s.v.Request.Origin {
		return nil
	}
	q := s.get(to.StringNoFragment(), "as the redirected browser asks there, from "+sent)
	q.origin, q.plain = sent, true // with GET: what is sent to the page's origin need not happen twice
	return s.ask(q)
}

// fixRedirect says which URL works, or that none does yet: r is the answer at the
// end of the redirects.
func (s *scene) fixRedirect(f *shown, slug string, r *reply, works bool) {
	fix, url := cause.Lookup(slug).Fix, r.question.url
	switch {
	case works && url == s.redirect().StringNoFragment():
		f.fix = fix + " That URL allows this page."
		return
	case works:
		f.fix = fix + " That redirects again; what works is " + url + "."
		return
	}
	if other := s.otherSpelling(s.url, anySpelling); other != nil {
		f.callInstead(other, "The redirect leads elsewhere, to {location}.")
		return
	}
	f.fix = fix + " The server must also allow the page there, which it does not do yet: " + printable(r.shows()) + "."
	f.policyToo, f.elsewhere = true, url
}
