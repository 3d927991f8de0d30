package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "redirect-taints-origin-to-null", Side: Page, at: atMissing | atOrigin, rank: first, shows: []string{">Origin", protocol.AllowOrigin},
		Title: "After the redirect the browser sends Origin: null",
		When:  "A request was redirected from one other origin to another, and the last server does not allow null.",
		Why:   "A redirect from one foreign origin to another replaces the page's origin with null, which any site can send. The last server sees null, and not {page}.",
		Fix:   "Call {url} from the page directly. If what it serves is public, that server can allow every origin with *.",
		Example: fromApp(get(), Answer{
			Status: 302, Headers: allowed + "Location: https://cdn.example.net/items",
		}, read),
		Fixed:   Scenario{Request: fetch.Request{URL: "https://cdn.example.net/items"}, Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.isTainted() && !isLogin(s.url) },
	}
})

// isTainted reports whether a redirect took the page's origin from the request.
func (s *scene) isTainted() bool {
	return s.last.Hop > 0 && s.last.Headers.Get("Origin") == "null" && s.v.Request.Origin != "null"
}
