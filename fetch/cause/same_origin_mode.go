package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "same-origin-mode", Side: Page, at: atFailed,
		Title:   "The request has mode same-origin but goes to another origin",
		When:    "The request has mode same-origin and its URL, or a redirect, is of another origin.",
		Why:     "In this mode the browser refuses other origins, whatever they would respond.",
		Fix:     "Remove mode: \"same-origin\" from the request.",
		Example: fromApp(fetch.Request{URL: api, Options: fetch.Options{Mode: fetch.ModeSameOrigin}}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.reason() == fetch.ReasonSameOriginMode || s.reason() == fetch.ReasonSameOriginLeft
		},
	}
})
