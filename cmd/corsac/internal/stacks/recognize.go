package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
)

// Seen is a response, as far as it helps to recognise who sent it.
type Seen struct {
	// Method and URL are those of the request.
	Method, URL string
	Status      int
	// Headers are as received: in order, with their spelling.
	Headers fetch.Headers
	// Body is the beginning of the body, at most [MaxBody] bytes.
	Body string
}

// MaxBody is how much of a body is looked at.
const MaxBody = 2048

// Sign is a trait of a response.
type Sign struct {
	// Sure says what it proves.
	Sure finding.Confidence
	// Shown returns the trait as evidence, such as "X-Powered-By: Express", or
	// "" if the response does not have it.
	Shown func(*Seen) string
}

// Match is a stack that was recognised.
type Match struct {
	Stack *Stack
	Sure  finding.Confidence
	// Evidence are the traits, the best first.
	Evidence []string
}

// Recognize returns the stacks that responses show, the outermost layer first;
// in each layer the surest. Two in one layer are returned only if both are
// certain.
func Recognize(seen []Seen) []Match {
	var matches []Match
	for _, s := range registry {
		if m := s.match(seen); m != nil {
			matches = append(matches, *m)
		}
	}
	slices.SortFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Stack.Layer, b.Stack.Layer), cmp.Compare(rank(a.Sure), rank(b.Sure)), cmp.Compare(len(b.Evidence), len(a.Evidence)), cmp.Compare(a.Stack.Name, b.Stack.Name))
	})
	best := map[Layer]bool{}
	return slices.DeleteFunc(matches, func(m Match) bool {
		drop := best[m.Stack.Layer] && m.Sure != finding.Certain
		best[m.Stack.Layer] = true
		return drop
	})
}

// match returns what responses show of s, or nil.
func (s *Stack) match(seen []Seen) *Match {
	m := &Match{Stack: s}
	for _, sign := range bySureness(s.Signs) {
		for i := range seen {
			shown := sign.Shown(&seen[i])
			if shown == "" || slices.Contains(m.Evidence, shown) {
				continue
			}
			m.Sure = cmp.Or(m.Sure, sign.Sure)
			m.Evidence = append(m.Evidence, shown)
		}
	}
	if m.Sure == "" {
		return nil
	}
	return m
}

func bySureness(signs []Sign) []Sign {
	return slices.SortedStableFunc(slices.Values(signs), func(a, b Sign) int { return cmp.Compare(rank(a.Sure), rank(b.Sure)) })
}

// rank orders degrees of confidence, the surest first.
func rank(c finding.Confidence) int {
	return slices.Index([]finding.Confidence{finding.Certain, finding.Likely, finding.Possible}, c)
}

// header is the sign of a header whose value begins with prefix, ignoring case.
func header(sure finding.Confidence, name, prefix string) Sign {
	return Sign{sure, func(s *Seen) string {
		for _, value := range s.Headers.Values(name) {
			if len(value) >= len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
				return name + ": " + value
			}
		}
		return ""
	}}
}

// body is the sign of a body that contains text.
func body(sure finding.Confidence, text string) Sign {
	return Sign{sure, func(s *Seen) string {
		if strings.Contains(s.Body[:min(len(s.Body), MaxBody)], text) {
			return "the body contains " + text
		}
		return ""
	}}
}
