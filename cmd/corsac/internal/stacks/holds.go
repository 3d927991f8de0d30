package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cors"
)

// Invariants are what is true of a server with the snippet of a stack, whatever
// the policy is.
type Invariants uint8

// The invariants.
const (
	Errors         Invariants = 1 << iota // pages of allowed origins can read errors, also those that nobody handles
	Vary                                  // every answer to other requests than preflights has Vary: Origin, also refusals and errors
	VaryPreflights                        // and every answer to a preflight has it
	Preflights                            // preflights are answered for every path, before routes and authentication
	Quiet                                 // a refused preflight does not say what would be allowed
	Replaces                              // CORS headers of the application are removed

	holdsAll = Replaces<<1 - 1
	// holdsMiddleware is what a middleware can: it runs before the application.
	holdsMiddleware = holdsAll &^ Replaces
)

// invariantNames are the words for each, from the first.
var invariantNames = []string{"errors", "vary", "vary-preflights", "preflights", "quiet", "replaces"}

// Names returns a word for each of the invariants.
func (i Invariants) Names() (list []string) {
	for bit, name := range invariantNames {
		if i&(1<<bit) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// Proof is how it is known that a snippet does what the policy says.
type Proof uint8

// The proofs.
const (
	Golden Proof = iota // reviewed, and compared with golden files; never run
	Schema              // read by the parser of the program that it is for
	Live                // run in the server
)

// String returns live, schema or golden.
func (p Proof) String() string { return [...]string{"golden", "schema", "live"}[p] }

// settings are parts of a policy that not every stack can express, each with a
// policy that needs it.
var settings = []struct {
	name   string
	policy cors.Policy
}{
	{"list", cors.Policy{AllowOrigins: []string{"https://a.example", "https://b.example"}}},
	{"wildcards", cors.Policy{AllowOrigins: []string{"https://*.example.org"}}},
	{"any-port", cors.Policy{AllowOrigins: []string{"http://localhost:*"}}},
	{"regexps", cors.Policy{DangerouslyAllowOriginRegexps: []string{`https://(?:eu|us)-[0-9]+\.example\.net`}}},
	{"credentials", cors.Policy{AllowOrigins: []string{"https://a.example"}, AllowCredentials: true}},
	{"expose", cors.Policy{AllowOrigins: []string{"https://a.example"}, AllowHeaders: []string{"X-A"}, ExposeHeaders: []string{"X-A"}}},
	{"max-age", cors.Policy{AllowOrigins: []string{"https://a.example"}, MaxAge: cors.CacheFor(60e9)}},
}

// Expresses returns the words for the parts of policies that a stack can
// express, of list, wildcards, any-port, regexps, credentials, expose and
// max-age.
func (s *Stack) Expresses() (list []string) {
	plain := s.Snippet(&cors.Policy{AllowOrigins: []string{"https://a.example"}}).Shortfall
	for _, part := range settings {
		got := s.Snippet(&part.policy).Shortfall
		if !more(got.Lost, plain.Lost) && !more(got.Wider, plain.Wider) {
			list = append(list, part.name)
		}
	}
	return list
}

// more reports whether there is a difference that is not among the usual ones.
func more(got, usual []Difference) bool {
	return slices.ContainsFunc(got, func(d Difference) bool { return !slices.Contains(usual, d) })
}
