package diagnose

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "cached-for-other-origin", InProxy: true,
	When: "The response allows another origin, and the same request with a query that no cache knows allows the page's.",
	Example: &Scenario{
		Server: kept(fetch.Headers{{Name: protocol.AllowOrigin, Value: "https://admin.example.com"}}), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: caching, of: wrongValue, find: func(s *scene) *shown {
		suspected := s.symptom() == "cached-for-other-origin"
		if s.preflight() || !suspected && !s.mayBeCached() {
			return nil
		}
		r := s.fresh()
		switch {
		case r.success() && r.allows(s.sent(), false):
			return by(r)
		case suspected && r != nil && r.Status != 0 && len(s.candidates) > 1: // no cache is to blame
			f := by(r)
			f.finding = &s.candidates[1]
			return f
		}
		return nil
	}}},
})
