package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "method-not-allowed",
	When: "Access-Control-Allow-Methods lacks the method; or the preflight is refused as a whole, and one for another method passes.",
	Example: &Scenario{
		Server: strict, Request: fetch.Request{URL: "{server}/api/items/1", Method: "DELETE"},
	},
	Fixed: &Scenario{Server: allowing(dev, items)},
	rules: []rule{{rank: early, of: refusedPreflight, find: func(s *scene) *shown {
		p := s.parts()
		if !p.fine || p.method == "" {
			return nil
		}
		return s.part(p, &verdict.Error{Code: string(fetch.CodeMethodDisallowedByPreflightResponse), Parameter: p.method, Header: protocol.AllowMethods}, nil)
	}}},
})

// strict refuses a preflight bare unless it asks for GET or PUT, and at most for
// the header x-api-key.
var strict = handle(func(w http.ResponseWriter, r *http.Request) {
	if isPreflight(r) {
		method, header := r.Header.Get(protocol.RequestMethod), r.Header.Get(protocol.RequestHeaders)
		if method != "GET" && method != "PUT" || header != "" && header != "x-api-key" {
			w.Header().Set("Vary", "Origin")
			w.WriteHeader(http.StatusForbidden)
			return
		}
	}
	allowing(dev, items).ServeHTTP(w, r)
})

// part is the finding about a part of a preflight that is refused, which package
// cause makes from what a server that lists what it allows would have answered.
func (s *scene) part(p *split, e *verdict.Error, refused []string) *shown {
	imagined := *s.v
	last := *s.last
	last.Status, last.ResponseHeaders = http.StatusNoContent, fetch.Headers{
		{Name: protocol.AllowOrigin, Value: s.sent()},
		{Name: protocol.AllowCredentials, Value: "true"},
		{Name: protocol.AllowMethods, Value: p.passed.get(protocol.AllowMethods)},
	}
	if refused != nil {
		last.Headers = fetch.Headers{{Name: "Origin", Value: s.sent()}, {Name: protocol.RequestMethod, Value: "GET"}, {Name: protocol.RequestHeaders, Value: join(refused)}}
		last.ResponseHeaders = append(last.ResponseHeaders, fetch.Header{Name: protocol.AllowHeaders, Value: p.passed.get(protocol.AllowHeaders)})
	}
	imagined.Wire, imagined.Error = []verdict.Wire{last}, e
	candidates := cause.Candidates(&imagined)
	if len(candidates) == 0 {
		return nil
	}
	f := by(append([]*reply{p.passed}, p.refused...)...)
	f.finding = &candidates[0]
	f.finding.Confidence = finding.Certain
	f.change = []verdict.Change{}
	if c := Lookup(f.finding.Cause); c != nil && c.Side == cause.Policy {
		f.change = s.changeOf(e, refused)
	}
	return f
}

// changeOf is the part of the change to the policy that is about one field.
func (s *scene) changeOf(e *verdict.Error, refused []string) []verdict.Change {
	c := verdict.Change{Field: "allow_methods", Values: []string{e.Parameter}, Why: "the method of the request", On: "preflight", Header: protocol.AllowMethods + ": " + e.Parameter}
	if refused != nil {
		c = verdict.Change{Field: "allow_headers", Values: refused, Why: "what the page sets", On: "preflight", Header: protocol.AllowHeaders + ": " + join(refused)}
	}
	return []verdict.Change{c}
}
