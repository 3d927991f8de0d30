package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "unsupported-scheme", Side: Page, at: atFailed, rank: last,
		Title:   "Pages cannot load this URL: browsers use CORS with http and https only",
		When:    "The URL is neither http: nor https:, such as file:.",
		Why:     "No header can allow it, since no request is sent.",
		Fix:     "Serve it over http, on the page's own server if it belongs to the page.",
		Example: Scenario{Page: "null", Request: fetch.Request{URL: "file:///home/me/data.json"}},
		Fixed:   Scenario{Page: app, Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			refused := s.reason() == fetch.ReasonUnsupportedScheme || s.reason() == fetch.ReasonLocalResource || s.code() == string(fetch.CodeCorsDisabledScheme)
			return refused && s.redirect() == ""
		},
	}
})
