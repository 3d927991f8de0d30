package diagnose

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "header-not-allowed",
	When: "Access-Control-Allow-Headers lacks a header; or the preflight is refused as a whole, and one without the header passes.",
	Example: &Scenario{
		Server: strict, Request: fetch.Request{URL: "{server}/api/items/1", Method: "PUT", Headers: fetch.Headers{{Name: "X-Api-Key", Value: "k"}, {Name: "X-Trace", Value: "1"}}},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/api/items/1", Method: "PUT", Headers: fetch.Headers{{Name: "X-Api-Key", Value: "k"}}}},
	rules: []rule{{rank: early, of: refusedPreflight, find: func(s *scene) *shown {
		p := s.parts()
		if !p.fine || p.method != "" || len(p.headers) == 0 {
			return nil
		}
		return s.part(p, &verdict.Error{Code: string(fetch.CodeHeaderDisallowedByPreflightResponse), Parameter: p.headers[0], Header: protocol.AllowHeaders}, p.headers)
	}}},
})
