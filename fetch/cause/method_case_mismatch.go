package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return &Cause{
		Slug: "method-case-mismatch", Side: Page, at: atMethods, shows: []string{">" + protocol.RequestMethod, protocol.AllowMethods},
		Title:   "The page sends {method} in lower case, but the server allows {upper}",
		When:    "Access-Control-Allow-Methods has the method, except that it is in upper case.",
		Why:     "Methods are case-sensitive. Browsers upper-case only DELETE, GET, HEAD, OPTIONS, POST and PUT.",
		Fix:     "Write {upper} in the page's request.",
		Example: fromApp(fetch.Request{URL: api, Method: "patch"}, grants("Access-Control-Allow-Methods: PATCH")),
		Fixed:   Scenario{Request: fetch.Request{URL: api, Method: "PATCH"}, Answers: []Answer{grants("Access-Control-Allow-Methods: PATCH"), read}},
		applies: func(s *scene) bool {
			m := s.v.Request.Method
			return m != strings.ToUpper(m) && s.lists(protocol.AllowMethods, m) && s.code() == string(fetch.CodeMethodDisallowedByPreflightResponse)
		},
	}
})
