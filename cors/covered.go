package cors

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// withoutCovered returns list, which is sorted and has each entry once, without
// the origins and patterns that a pattern in it covers ([origin.Pattern.Covers]).
// It takes near-linear time.
func withoutCovered(list []string) []string {
	var patterns []origin.Pattern
	for _, s := range list {
		if p, err := origin.ParsePattern(s); err == nil && !p.IsExact() {
			patterns = append(patterns, p)
		}
	}
	if len(patterns) == 0 {
		return list
	}
	below := origin.NewSet(slices.DeleteFunc(slices.Clone(patterns), func(p origin.Pattern) bool { return !p.Subdomains() && !p.AnyHost() }))
	belowAnyPort := origin.NewSet(slices.DeleteFunc(slices.Clone(patterns), func(p origin.Pattern) bool { return !p.Subdomains() || !p.AnyPort() }))
	all := origin.NewSet(patterns)
	return slices.DeleteFunc(list, func(s string) bool {
		p, err := origin.ParsePattern(s)
		base := p.Origin().String()
		switch {
		case err != nil, p.AnyHost():
			return false
		case p.IsExact():
			return all.Contains(s)
		case p.AnyPort(): // no pattern matches its own base, but one for a parent does
			return belowAnyPort.Contains(base)
		}
		_, found := slices.BinarySearch(list, withAnyPort(s))
		return found || below.Contains(base)
	})
}

// withAnyPort returns a pattern with "*" as its port.
func withAnyPort(s string) string {
	if i := strings.LastIndexByte(s, ':'); i > strings.Index(s, "://") {
		s = s[:i]
	}
	return s + ":*"
}
