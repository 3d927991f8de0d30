package cause

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/cookie"
	"github.com/corsac-dev/corsac/internal/httpcache"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// isFromCache reports whether a cache may have made the last answer of one that
// it kept.
func (s *scene) isFromCache() bool { return httpcache.IsStored(s.last.ResponseHeaders) }

// lacksVary reports whether a cache may keep the answer, which allows the page's
// origin by name, for pages of other origins.
func (s *scene) lacksVary() bool {
	r := s.v.Response
	return r != nil && r.Type == fetch.TypeCORS && s.last.Kind == fetch.KindActual &&
		(s.last.Method == "GET" || s.last.Method == "HEAD") &&
		s.answer(protocol.AllowOrigin) != "*" && !s.lists("Vary", "Origin") && !s.lists("Vary", "*") && httpcache.IsInvited(s.last.ResponseHeaders)
}

// dependsOnOrigin reports whether the answer to the preflight says that the
// server's answers depend on Origin.
func (s *scene) dependsOnOrigin() bool {
	w := s.preflightPassed()
	return w != nil && protocol.Lists(w.ResponseHeaders.Get("Vary"), "Origin")
}

// lostCookie is the name of a cookie of the response that pages of other sites do
// not send, "" for none.
func (s *scene) lostCookie() string {
	return s.cookieWith(func(c *http.Cookie) bool { return c.SameSite != http.SameSiteNoneMode })
}

// insecureCookie is the name of a cookie of the response that browsers reject
// because it is for other sites and not Secure, "" for none.
func (s *scene) insecureCookie() string {
	return s.cookieWith(func(c *http.Cookie) bool { return c.SameSite == http.SameSiteNoneMode && !c.Secure })
}

// cookieWith returns the name of the first cookie that the application sets with
// the response and that is as asked for, "" for none.
func (s *scene) cookieWith(is func(*http.Cookie) bool) string {
	for _, line := range s.last.ResponseHeaders.Values("Set-Cookie") {
		if c, err := cookie.Parse(line); err == nil && !cookie.IsInfrastructure(c.Name) && is(c) {
			return c.Name
		}
	}
	return ""
}
