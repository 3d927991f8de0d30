package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "no-cors-mode-opaque", Side: Page, at: atPassed, Severity: verdict.SeverityWarning,
		Title:   "Mode no-cors hides the response from script",
		When:    "Script makes a request with mode no-cors to another origin.",
		Why:     "The mode suppresses the error, but script gets an opaque response with status 0 that it cannot read.",
		Fix:     "Remove mode: \"no-cors\" from the request, and let the server allow the page's origin.",
		Example: fromApp(fetch.Request{URL: api, Options: fetch.Options{Mode: fetch.ModeNoCORS}}, Answer{Status: 200}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			d, r := s.v.Request.Destination, s.v.Response
			script := d == "" || d == fetch.DestinationFetch || d == fetch.DestinationXHR
			return script && s.v.Request.Mode == fetch.ModeNoCORS && r != nil && r.Type == fetch.TypeOpaque
		},
	}
})
