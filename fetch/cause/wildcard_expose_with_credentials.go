package cause

import (
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "wildcard-expose-with-credentials", Side: Policy, at: atPassed, rank: first, Severity: verdict.SeverityWarning, shows: []string{protocol.ExposeHeaders},
		Title:   "Access-Control-Expose-Headers is *, which does not work with credentials",
		When:    "Access-Control-Expose-Headers has *, the request has credentials mode include, and script wants to read a header.",
		Why:     "With credentials, * is the name of a header and not a wildcard, so {hidden} cannot be read.",
		Fix:     "List the exposed headers by name, including {hidden}." + dropThem,
		Example: Scenario{Page: app, Request: withCookies(get()), ReadHeaders: []string{"X-Total-Count"}, Answers: []Answer{{Status: 200, Headers: allowed + cookies + "X-Total-Count: 3\nAccess-Control-Expose-Headers: *"}}},
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies + "X-Total-Count: 3\nAccess-Control-Expose-Headers: X-Total-Count"}),
		applies: func(s *scene) bool { return len(s.hidden()) > 0 && s.exposesStar() },
	}
})
