package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
)

var _ = register(&Cause{
	Slug: "auth-error-without-cors",
	When: "The response is 401, 403 or 407 without CORS headers, while other errors of the server, or its preflights, have them.",
	Example: &Scenario{
		Server: failing(http.StatusForbidden), Request: withToken,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{
		{rank: late, of: []string{"auth-error-without-cors"}, find: (*scene).onlyThisError},
		{rank: late, of: []string{"error-response-without-cors"}, find: func(s *scene) *shown {
			if !s.status(http.StatusForbidden) {
				return nil
			}
			f := s.onlyThisError()
			if f == nil && s.says(wantsLogin...) != "" {
				f = s.byBody(s.says(wantsLogin...))
			}
			if f != nil {
				f.confidence = finding.Likely
			}
			return f
		}},
	},
})

var withToken = fetch.Request{URL: "{server}/api/items", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer expired"}}}
