package cause

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// sameServer reports whether the redirect stays on the server.
func (s *scene) sameServer() bool {
	to := s.location()
	return to.Origin() == s.url.Origin()
}

// isWWW reports whether two hosts differ in www. only.
func isWWW(a, b string) bool { return a == "www."+b || b == "www."+a }

// loginWords are parts of paths and hosts of login pages.
var loginWords = []string{"login", "signin", "sign-in", "sign_in", "logon", "auth", "authorize", "authenticate", "sso", "oauth", "oauth2", "saml", "saml2", "cas", "idp"}

// isLogin reports whether a URL looks like a login: by the first label of its host
// or a part of its path.
func isLogin(u *weburl.URL) bool {
	label, _, _ := strings.Cut(u.Host, ".")
	if slices.Contains(loginWords, label) {
		return true
	}
	for part := range strings.SplitSeq(strings.ToLower(u.Path), "/") {
		part, _, _ = strings.Cut(part, ".")
		if slices.Contains(loginWords, part) {
			return true
		}
	}
	return false
}

const noRedirect = "Browsers do not follow redirects of a preflight, whatever is at the other URL. "
