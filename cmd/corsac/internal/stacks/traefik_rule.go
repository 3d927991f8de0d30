package stacks

import "strings"

// traefikMatch is one of the alternatives of a rule.
type traefikMatch struct {
	host, path string // "" for all
	exact      bool
	more       bool // the rule asks for more than that
}

// maxMatches bounds the alternatives of a rule, and longestRule its length.
const (
	maxMatches  = 100
	longestRule = 10_000
)

// traefikMatches returns the alternatives of a rule. One that cannot be read has
// only that it asks for more.
func traefikMatches(rule string) []traefikMatch {
	r := &traefikRuleReader{rest: rule, bad: len(rule) > longestRule}
	list := r.either()
	if r.space(); r.bad || r.rest != "" {
		return []traefikMatch{{more: true}}
	}
	return list
}

// traefikRuleReader is the rest of a rule while it is read.
type traefikRuleReader struct {
	rest  string
	depth int
	bad   bool // it is not a rule, or is too long
}

func (r *traefikRuleReader) space() { r.rest = strings.TrimLeft(r.rest, " \t\r\n") }

// eat reports whether a sign comes next, and reads it.
func (r *traefikRuleReader) eat(sign string) bool {
	r.space()
	rest, ok := strings.CutPrefix(r.rest, sign)
	if ok {
		r.rest = rest
	}
	return ok
}

func (r *traefikRuleReader) either() []traefikMatch {
	list := r.all()
	for !r.bad && r.eat("||") {
		list = append(list, r.all()...)
		r.bad = r.bad || len(list) > maxMatches
	}
	return list
}

func (r *traefikRuleReader) all() []traefikMatch {
	list := r.one()
	for !r.bad && r.eat("&&") {
		var both []traefikMatch
		next := r.one()
		if r.bad = r.bad || len(list)*len(next) > maxMatches; r.bad {
			break
		}
		for _, a := range list {
			for _, b := range next {
				both = append(both, a.and(b))
			}
		}
		list = both
	}
	return list
}

// one reads a matcher, one that is not to match, or a rule in parentheses.
func (r *traefikRuleReader) one() (list []traefikMatch) {
	const deepest = 50
	if r.depth++; r.depth > deepest {
		r.bad = true
	}
	defer func() { r.depth-- }()
	switch {
	case r.bad:
	case r.eat("!"):
		r.one()
		return []traefikMatch{{more: true}}
	case r.eat("("):
		list = r.either()
		r.bad = r.bad || !r.eat(")")
	default:
		return r.matcher()
	}
	return list
}

// matcher reads a name and its values.
func (r *traefikRuleReader) matcher() (list []traefikMatch) {
	r.space()
	name := r.rest[:len(r.rest)-len(strings.TrimLeft(r.rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
	r.rest = r.rest[len(name):]
	if name == "" || !r.eat("(") {
		r.bad = true
		return nil
	}
	for len(list) <= maxMatches {
		r.space()
		if r.rest == "" || strings.IndexByte("`\"'", r.rest[0]) < 0 {
			break
		}
		value, rest, ok := strings.Cut(r.rest[1:], r.rest[:1])
		if r.rest = rest; !ok {
			break
		}
		list = append(list, traefikMatcher(strings.ToLower(name), value))
		if !r.eat(",") {
			break
		}
	}
	r.bad = !r.eat(")") || len(list) == 0
	return list
}

// traefikMatcher returns what a matcher says with one of its values.
func traefikMatcher(name, value string) traefikMatch {
	switch {
	case name == "host" || name == "hostheader":
		if host, ok := routeHost(value); ok && host != "" && !strings.Contains(host, "*") {
			return traefikMatch{host: host}
		}
	case !strings.HasPrefix(value, "/") || strings.Trim(value, routeCharacters) != "":
	case name == "pathprefix":
		if value == "/" {
			value = ""
		}
		return traefikMatch{path: value}
	case name == "path":
		return traefikMatch{path: value, exact: true}
	}
	return traefikMatch{more: true}
}

// and returns what two matchers say together.
func (m traefikMatch) and(o traefikMatch) traefikMatch {
	m.more = m.more || o.more || m.host != "" && o.host != "" && m.host != o.host || m.path != "" && o.path != ""
	m.host = firstOf(m.host, o.host)
	if len(o.path) > len(m.path) {
		m.path, m.exact = o.path, o.exact
	}
	return m
}
