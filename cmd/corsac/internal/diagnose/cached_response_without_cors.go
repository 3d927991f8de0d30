package diagnose

import "github.com/corsac-dev/corsac/fetch"

var _ = register(&Cause{
	Slug: "cached-response-without-cors", InProxy: true,
	When: "The response has no CORS headers, and the same request with a query that no cache knows gets them.",
	Example: &Scenario{
		Server: kept(nil), Request: fetch.Request{URL: "{server}/logo.json"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: caching, of: bareSuccess, find: func(s *scene) *shown {
		if s.preflight() || !s.mayBeCached() {
			return nil
		}
		if r := s.fresh(); r.success() && r.allows(s.sent(), false) && s.stillBare() {
			return by(r)
		}
		return nil
	}}},
})
