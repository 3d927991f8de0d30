package cause

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "library-header-not-allowed", Side: Policy, at: atHeaders, shows: askedAndAllowed,
		Title:   "{library} adds headers that the server's policy does not allow",
		When:    "All headers that the preflight response does not allow are known to come from a library.",
		Why:     listHeader + "The page's own code does not set {refused}: a library does.",
		Fix:     "Add {refused} to the headers that the policy allows, or configure the library not to add them to requests for {server}.",
		Example: fromApp(get(fetch.Header{Name: "sentry-trace", Value: "a-b-1"}), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.library() != "" && s.has(protocol.AllowHeaders) && !s.lists(protocol.AllowHeaders, "*")
		},
	}
})
