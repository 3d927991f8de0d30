package cause

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// redirects adds redirects that are followed, or that CORS stops.
func (r *registry) redirects() {
	r.add(&Cause{
		Slug: "redirect-taints-origin-to-null", Side: Page, at: atMissing | atOrigin, rank: first, shows: []string{">Origin", allowOrigin},
		Title: "After the redirect the browser sends Origin: null",
		When:  "A request was redirected from one other origin to another, and the last server does not allow null.",
		Why:   "A redirect from one foreign origin to another replaces the page's origin with null, which any site can send. The last server sees null, and not {page}.",
		Fix:   "Call {url} from the page directly. If what it serves is public, that server can allow every origin with *.",
		Example: fromApp(get(), Answer{
			Status: 302, Headers: allowed + "Location: https://cdn.example.net/items",
		}, read),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://cdn.example.net/items"}, Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.isTainted() && !isLogin(s.url) },
	})
	r.add(&Cause{
		Slug: "redirect-to-login", Side: Server, at: atMissing | atOrigin, rank: first, Confidence: likely, shows: []string{"Location"},
		Title: "The request is redirected to a login page",
		When:  "The request itself is redirected to a URL that looks like a login, and one of the responses has no CORS headers.",
		Why:   "The session is missing or has expired. A redirect to a login page is for people; script cannot log in there.",
		Fix:   "Respond to API requests without a session with 401 and CORS headers, and let the page send the user to the login.",
		Example: fromApp(get(), Answer{
			Status: 302, Headers: "Location: https://login.example.com/authorize?client_id=app",
		}),
		Fixed: answered(read),
		applies: func(s *scene) bool {
			return !s.preflight() && (s.redirect() != "" && isLogin(s.location()) || s.last.Hop > 0 && isLogin(s.url))
		},
	})
	r.add(&Cause{
		Slug: "redirect-https-upgrade", Side: Page, at: atMissing, shows: []string{"Location"},
		Title: "The redirect to https has no CORS headers",
		When:  "The request itself is redirected to the same host over https, without CORS headers.",
		Why:   "The browser checks the headers of every response on the way, including the redirect.",
		Fix:   "Call {location} from the page.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://api.example.com/items"}, Answers: []Answer{
			{Status: 301, Headers: "Location: https://api.example.com/items"},
		}},
		Fixed: Scenario{Request: get(), Answers: []Answer{{Status: 200, Headers: "Access-Control-Allow-Origin: *"}}},
		applies: func(s *scene) bool {
			to := s.location()
			return !s.preflight() && s.url.Scheme == "http" && to.Scheme == "https" && to.Host == s.url.Host && !isLogin(to)
		},
	})
	r.add(&Cause{
		Slug: "redirect-without-cors-headers", Side: Page, at: atMissing, rank: last, shows: []string{"Location"},
		Title: "The redirect has no CORS headers",
		When:  "The request itself is redirected, without CORS headers.",
		Why:   "The browser checks the headers of every response on the way, including the redirect. Redirects often come from a router or proxy that runs before CORS.",
		Fix:   "Call {location} from the page, or set the CORS headers on redirects, too.",
		Example: fromApp(get(), Answer{
			Status: 301, Headers: "Location: /v2/items",
		}),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://api.example.com/v2/items"}, Answers: []Answer{read}},
		applies: func(s *scene) bool { return !s.preflight() && s.redirect() != "" },
	})
}

// isTainted reports whether a redirect took the page's origin from the request.
func (s *scene) isTainted() bool {
	return s.last.Hop > 0 && s.last.Headers.Get("Origin") == "null" && s.v.Request.Origin != "null"
}

// sameServer reports whether the redirect stays on the server.
func (s *scene) sameServer() bool {
	to := s.location()
	return to.Origin() == s.url.Origin()
}

// mergeSlashes replaces runs of slashes by one.
func mergeSlashes(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if i == 0 || path[i] != '/' || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
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
