package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "invalid-request", Side: Page, at: atFailed, rank: last,
		Title:   "Script cannot make this request",
		When:    "The browser throws an exception instead of sending the request.",
		Why:     "The browser says: {exception}",
		Fix:     "Correct the call in the page; no request was sent.",
		Example: fromApp(fetch.Request{URL: api, Method: "TRACE"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeTypeError) },
	}
})
