package stacks

import (
	"fmt"
	"slices"
)

// Shortfall is how a snippet differs from the policy that it carries out.
type Shortfall struct {
	// Lost is what the policy allows and the snippet does not.
	Lost []Difference
	// Wider is what the snippet allows and the policy does not.
	Wider []Difference
	// Gaps are what remains to be known about a snippet that allows what the
	// policy does, a sentence each.
	Gaps []string
}

// Difference is one way in which a snippet differs from its policy.
type Difference struct {
	// Text says it in a sentence.
	Text string
	// Instead is the nearest safe way to what the policy wants, a sentence.
	Instead string
}

// The nearest alternatives, if a stack has nothing better.
const (
	insteadProxy     = "Move CORS to a proxy before it, such as corsac generate nginx or caddy."
	insteadEnumerate = "List each origin that you use in the policy."
	insteadMethods   = "List the methods in the policy."
	insteadHeaders   = "List the headers in the policy."
	insteadPattern   = "Write a pattern such as https://*.example.org in the policy, or list each origin."
	insteadCode      = "Use corsac's middleware, which can call a function: corsac generate go."
	insteadPlain     = "Give the app a host of letters, digits, dots and hyphens, or use corsac's middleware or gateway: corsac generate go, corsac serve."
	insteadExtension = "List the extensions that are yours, or use corsac's middleware or gateway: corsac generate go, corsac serve."
	insteadHeader    = "Send the header in the application, and leave it out of the policy; or move CORS to a proxy, such as corsac generate nginx."
)

// lose adds something that the policy allows and the snippet does not.
func (s *Shortfall) lose(instead, format string, args ...any) {
	s.Lost = append(s.Lost, Difference{fmt.Sprintf(format, args...), instead})
}

// widen adds something that the snippet allows and the policy does not.
func (s *Shortfall) widen(instead, format string, args ...any) {
	s.Wider = append(s.Wider, Difference{fmt.Sprintf(format, args...), instead})
}

// loseResource says that Cross-Origin-Resource-Policy is not sent. Browsers then
// let all pages embed an answer, but those that opt in to isolation none.
func (s *Shortfall) loseResource(policy, text string) {
	if policy == "cross-origin" {
		s.lose(insteadHeader, "%s", text)
	} else {
		s.widen(insteadHeader, "%s", text)
	}
}

// gaps returns a shortfall of gaps only.
func gaps(texts ...string) Shortfall { return Shortfall{Gaps: texts} }

// with returns both shortfalls in one.
func (s Shortfall) with(other Shortfall) Shortfall {
	return Shortfall{slices.Concat(s.Lost, other.Lost), slices.Concat(s.Wider, other.Wider), slices.Concat(s.Gaps, other.Gaps)}
}

// Sentences returns all of it: first what is lost, then what is wider.
func (s *Shortfall) Sentences() (list []string) {
	for _, d := range slices.Concat(s.Lost, s.Wider) {
		list = append(list, d.Text)
	}
	return append(list, s.Gaps...)
}
