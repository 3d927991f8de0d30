package stacks

import (
	"regexp/syntax"
	"slices"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// nginxMaxFinite is how many origins an expression may list.
const nginxMaxFinite = 32

// listedOrigins returns the origins that an expression without anchors matches, if
// it only lists some: https?://(www\.)?example\.com matches four.
func listedOrigins(expr string) ([]string, bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false
	}
	list, ok := finite(re)
	if !ok || len(list) == 0 {
		return nil, false
	}
	for _, s := range list {
		if o, err := origin.Parse(s); err != nil || o.IsOpaque() || o.String() != s {
			return nil, false
		}
	}
	slices.Sort(list)
	return slices.Compact(list), true
}

// finite returns the strings that an expression matches, if they are few.
func finite(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, re.Flags&syntax.FoldCase == 0
	case syntax.OpCharClass:
		var list []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if list = append(list, string(r)); len(list) > 4 {
					return nil, false
				}
			}
		}
		return list, true
	case syntax.OpCapture:
		return finite(re.Sub[0])
	case syntax.OpQuest:
		list, ok := finite(re.Sub[0])
		return append([]string{""}, list...), ok
	case syntax.OpAlternate:
		var list []string
		for _, sub := range re.Sub {
			more, ok := finite(sub)
			if list = append(list, more...); !ok || len(list) > nginxMaxFinite {
				return nil, false
			}
		}
		return list, true
	case syntax.OpConcat:
		list := []string{""}
		for _, sub := range re.Sub {
			more, ok := finite(sub)
			if !ok || len(list)*len(more) > nginxMaxFinite {
				return nil, false
			}
			var longer []string
			for _, a := range list {
				for _, b := range more {
					longer = append(longer, a+b)
				}
			}
			list = longer
		}
		return list, true
	}
	return nil, false
}

// originsOf returns what the origins of a policy are, in one form for all ways to
// say the same.
func originsOf(p *cors.Policy) []string {
	list := slices.Clone(p.AllowOrigins)
	for _, expr := range p.DangerouslyAllowOriginRegexps {
		list = append(list, originsIn(expr)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// originsIn returns the origins that an expression lists, or the expression, in
// the form that all engines read.
func originsIn(expr string) []string {
	if listed, ok := listedOrigins(expr); ok {
		return listed
	}
	if re, ok := portable(expr); ok {
		return []string{re}
	}
	return []string{expr}
}
