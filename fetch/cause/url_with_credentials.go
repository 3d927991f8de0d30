package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "url-with-credentials", Side: Page, at: atFailed,
		Title:   "The URL has a user name or password",
		When:    "The URL that script passes has a user name or password before its host.",
		Why:     "Browsers do not let script make such a request.",
		Fix:     "Remove them from the URL, and send an Authorization header instead.",
		Example: fromApp(fetch.Request{URL: "https://user:secret@api.example.com/items"}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.code() == string(fetch.CodeTypeError) && (strings.Contains(s.err().Exception, "URL that includes credentials") ||
				strings.Contains(s.err().Exception, "url with embedded credentials"))
		},
	}
})
