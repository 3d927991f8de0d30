package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "null-origin-page", Side: Page, at: atMissing | atOrigin, rank: first, Confidence: likely, shows: []string{">Origin", protocol.AllowOrigin},
		Title: "The page has no origin of its own: the browser sends Origin: null",
		When:  "The page's origin is null, and the server does not allow it.",
		Why:   "Pages opened from a file, sandboxed frames and data: URLs have the origin null. Any site can make such a page, so servers should not allow null.",
		Fix:   "Serve the page over http, such as http://localhost:3000, and allow that origin. For a sandboxed frame, add allow-same-origin. If the server's data is public, it can allow every origin with *.",
		Example: Scenario{Page: "null", Request: get(), Answers: []Answer{
			{Status: 200, Headers: "Vary: Origin"},
		}},
		Fixed:   Scenario{Page: app, Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.v.Request.Origin == "null" && s.last.Hop == 0 && s.redirect() == "" },
	}
})
