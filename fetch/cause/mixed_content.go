package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "mixed-content", Side: Page, at: atFailed,
		Title:   "An https page cannot call an http: URL",
		When:    "The page is https, the URL is plain http on another machine, and no redirect led there.",
		Why:     "Browsers refuse such mixed content before they send anything, so no header can allow it.",
		Fix:     "Call {secure}, and serve it there; or let the page's own server proxy the request.",
		Example: fromApp(fetch.Request{URL: "http://api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.reason() == fetch.ReasonMixedContent && s.redirect() == "" },
	}
})
