package cause

import (
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "header-not-exposed", Side: Policy, at: atPassed, rank: first, Severity: verdict.SeverityWarning, shows: []string{protocol.ExposeHeaders},
		Title:   "Script cannot read the response header {hidden}",
		When:    "A header that script wants to read is in the response, and Access-Control-Expose-Headers does not name it.",
		Why:     "Unless a header is exposed, script on another origin can read only Cache-Control, Content-Language, Content-Length, Content-Type, Expires, Last-Modified and Pragma.",
		Fix:     "Add {hidden} to the headers that the policy exposes.",
		Example: Scenario{Page: app, Request: get(), ReadHeaders: []string{"X-Total-Count"}, Answers: []Answer{{Status: 200, Headers: allowed + "X-Total-Count: 3"}}},
		Fixed:   answered(Answer{Status: 200, Headers: allowed + "X-Total-Count: 3\nAccess-Control-Expose-Headers: X-Total-Count"}),
		applies: func(s *scene) bool { return len(s.hidden()) > 0 && !s.exposesStar() },
	}
})
