package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
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

// Bounds on the evidence of a match, which quotes a server that may be hostile.
const (
	maxEvidence     = 5
	maxEvidenceSize = 120
)

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
	// Evidence are the traits, the best first: at least one, at most five, cut
	// to 120 bytes each.
	Evidence []string
}

// Recognize returns the stacks that responses show, the outermost layer first;
// in each layer the surest. Two in one layer are returned only if both are
// certain. Of each body, only the first [MaxBody] bytes count.
func Recognize(seen []Seen) []Match {
	var matches []Match
	for _, s := range registry {
		m := Match{Stack: s}
		for _, sign := range bySureness(s.Signs) {
			for _, response := range seen {
				response.Body = response.Body[:min(len(response.Body), MaxBody)]
				m.add(sign.Sure, sign.Shown(&response))
			}
		}
		matches = append(matches, m)
	}
	return best(matches)
}

// add adds evidence, unless it is "" or there already. The surest comes first.
func (m *Match) add(sure finding.Confidence, evidence string) {
	if len(evidence) > maxEvidenceSize {
		evidence = strings.ToValidUTF8(evidence[:maxEvidenceSize-len("…")], "") + "…"
	}
	if evidence == "" || len(m.Evidence) == maxEvidence || slices.Contains(m.Evidence, evidence) {
		return
	}
	m.Sure = cmp.Or(m.Sure, sure)
	m.Evidence = append(m.Evidence, evidence)
}

// best returns the matches that have evidence, in the order of [Recognize],
// without those that others explain.
func best(matches []Match) []Match {
	matches = slices.DeleteFunc(matches, func(m Match) bool { return m.Sure == "" })
	var builtOn []string
	for _, m := range matches {
		builtOn = append(builtOn, m.Stack.BuiltOn...)
	}
	matches = slices.DeleteFunc(matches, func(m Match) bool { return slices.Contains(builtOn, m.Stack.Name) })
	slices.SortFunc(matches, func(a, b Match) int {
		return cmp.Or(
			cmp.Compare(a.Stack.Layer, b.Stack.Layer),
			cmp.Compare(rank(a.Sure), rank(b.Sure)),
			cmp.Compare(len(b.Evidence), len(a.Evidence)),
			cmp.Compare(a.Stack.Name, b.Stack.Name))
	})
	seen := map[Layer]bool{}
	return slices.DeleteFunc(matches, func(m Match) bool {
		drop := seen[m.Stack.Layer] && m.Sure != finding.Certain
		seen[m.Stack.Layer] = true
		return drop
	})
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
			if hasPrefix(value, prefix) {
				return name + ": " + value
			}
		}
		return ""
	}}
}

// headers is the sign of a header whose name begins with prefix, ignoring case.
func headers(sure finding.Confidence, prefix string) Sign {
	return Sign{sure, func(s *Seen) string {
		for _, h := range s.Headers {
			if hasPrefix(h.Name, prefix) {
				return h.Name + ": " + h.Value
			}
		}
		return ""
	}}
}

// hasPrefix reports whether s begins with prefix, ignoring case.
func hasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// cookie is the sign of a cookie that a response sets.
func cookie(sure finding.Confidence, name string) Sign {
	return Sign{sure, func(s *Seen) string {
		for _, value := range s.Headers.Values("Set-Cookie") {
			if strings.HasPrefix(value, name+"=") {
				return "a cookie named " + name
			}
		}
		return ""
	}}
}

// body is the sign of a body that contains text.
func body(sure finding.Confidence, text string) Sign {
	return Sign{sure, func(s *Seen) string {
		if strings.Contains(s.Body, text) {
			return "the body contains " + text
		}
		return ""
	}}
}

// bodyLike is the sign of a body that a regular expression matches, without the
// blanks around it. what describes it.
func bodyLike(sure finding.Confidence, expr, what string) Sign {
	re := lazyregexp.New(expr)
	return trait(sure, what, func(s *Seen) bool { return re.MatchString(strings.TrimSpace(s.Body)) })
}

// trait is the sign of a response for which has reports true. what describes it.
func trait(sure finding.Confidence, what string, has func(*Seen) bool) Sign {
	return Sign{sure, func(s *Seen) string {
		if has(s) {
			return what
		}
		return ""
	}}
}

// is reports whether a header has a value, ignoring case.
func (s *Seen) is(name, value string) bool { return strings.EqualFold(s.Headers.Get(name), value) }

// lacks reports whether a response has none of the headers.
func (s *Seen) lacks(names ...string) bool { return !slices.ContainsFunc(names, s.Headers.Has) }

// spelled reports whether there is a header with a name in just this spelling.
func (s *Seen) spelled(name string) bool {
	return slices.ContainsFunc(s.Headers, func(h fetch.Header) bool { return h.Name == name })
}
