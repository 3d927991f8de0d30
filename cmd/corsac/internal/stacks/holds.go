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

// Invariant is one of the invariants in words.
type Invariant struct {
	Name string // a word
	Text string // what it means, as a clause
	Held bool
}

// Each returns all invariants, and which of them are held.
func (i Invariants) Each() []Invariant {
	return []Invariant{
		{"errors", "pages of allowed origins can read errors, also those that nobody handles", i&Errors != 0},
		{"vary", "every answer has Vary: Origin, also errors and those to other origins", i&Vary != 0},
		{"vary-preflights", "every answer to a preflight has Vary: Origin", i&VaryPreflights != 0},
		{"preflights", "preflights are answered for every path, before routes and authentication", i&Preflights != 0},
		{"quiet", "a refused preflight does not say what would be allowed", i&Quiet != 0},
		{"replaces", "CORS headers of the application are removed", i&Replaces != 0},
	}
}

// Names returns a word for each of the invariants that is held.
func (i Invariants) Names() (list []string) {
	for _, each := range i.Each() {
		if each.Held {
			list = append(list, each.Name)
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

// Expresses returns words for the parts of policies that a stack can express, and
// for those that it cannot: list, wildcards, any-port, regexps, credentials,
// expose and max-age.
func (s *Stack) Expresses() (can, cannot []string) {
	plain := s.Snippet(&cors.Policy{AllowOrigins: []string{"https://a.example"}}).Shortfall
	for _, part := range settings {
		got := s.Snippet(&part.policy).Shortfall
		if !more(got.Lost, plain.Lost) && !more(got.Wider, plain.Wider) {
			can = append(can, part.name)
		} else {
			cannot = append(cannot, part.name)
		}
	}
	return can, cannot
}

// more reports whether there is a difference that is not among the usual ones.
func more(got, usual []Difference) bool {
	return slices.ContainsFunc(got, func(d Difference) bool { return !slices.Contains(usual, d) })
}
