package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "authorization-dropped-on-redirect", Side: Page, at: atPassed, Severity: verdict.SeverityWarning,
		isNote: func(s *scene) bool { return s.last.Status >= 200 && s.last.Status < 300 }, // it was not needed
		Title:  "The redirect to another origin drops the Authorization header",
		When:   "Script sets Authorization, and a redirect to another origin is followed without it.",
		Why:    "Browsers remove Authorization when a redirect leads to another origin, so that the token does not reach another server.",
		Fix:    "Call {url} from the page directly.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}),
			granted, Answer{Status: 307, Headers: allowed + "Location: https://cdn.example.net/items"},
			Answer{Status: 401, Headers: "Access-Control-Allow-Origin: *"}),
		Fixed: Scenario{Request: fetch.Request{URL: "https://cdn.example.net/items", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer t"}}}, Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			return s.v.Request.Headers.Has("Authorization") && s.last.Hop > 0 && s.last.Kind == fetch.KindActual && !s.last.Headers.Has("Authorization")
		},
	}
})
