package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// requests adds requests that no browser makes.
func (r *registry) requests() {
	r.add(&Cause{
		Slug: "url-with-credentials", Side: Page, at: atFailed,
		Title:   "The URL has a user name or password",
		When:    "The URL that script passes has a user name or password before its host.",
		Why:     "Browsers do not let script make such a request.",
		Fix:     "Remove them from the URL, and send an Authorization header instead.",
		Example: fromApp(fetch.Request{URL: "https://user:secret@api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeTypeError) && strings.Contains(s.err().Exception, "URL that includes credentials")
		},
	})
	r.add(&Cause{
		Slug: "url-without-scheme", Side: Page, at: atFailed, Confidence: likely,
		Title:   "The URL has no http:// or https:// before its host",
		When:    "What stands before the first colon of the URL looks like a host, and what follows like a port.",
		Why:     "A browser reads what is before the colon as the URL's scheme.",
		Fix:     "Add http:// or https:// before it.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "localhost:3000/items"}},
		Fixed: Scenario{Request: fetch.Request{URL: "http://localhost:3000/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			scheme, rest, _ := strings.Cut(s.v.Request.URL, ":")
			return s.last.Status == 0 && rest != "" && rest[0] >= '0' && rest[0] <= '9' && (scheme == "localhost" || strings.Contains(scheme, "."))
		},
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
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
	})
	r.add(&Cause{
		Slug: "invalid-request", Side: Page, at: atFailed, rank: last,
		Title:   "Script cannot make this request",
		When:    "The browser throws an exception instead of sending the request.",
		Why:     "The browser says: {exception}",
		Fix:     "Correct the call in the page; no request was sent.",
		Example: fromApp(fetch.Request{URL: api, Method: "TRACE"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeTypeError) },
	})
}
