package stacks

import (
	"cmp"
	"regexp/syntax"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/origin"
)

// Expression is what a regular expression in a file means as part of a policy.
type Expression struct {
	// Origins are exact origins and patterns such as https://*.example.org, and
	// Regexps what only an expression can say. Together they allow what the
	// expression allows of whole origins.
	Origins, Regexps []string
	// Unanchored says that the stack looks for the expression anywhere in the
	// origin, or at its beginning only, and the expression has no anchors: it
	// allows more origins than it seems to.
	Unanchored bool
	// Everything says that it matches every origin.
	Everything bool
}

// each calls entry for the values of a policy that an expression stands for.
func (x *Expression) each(entry func(field, value string)) {
	for _, o := range x.Origins {
		entry("allow_origins", o)
	}
	for _, re := range x.Regexps {
		entry("dangerously_allow_origin_regexps", re)
	}
}

// Matching is which part of an origin a stack compares with an expression.
type Matching uint8

// The kinds of matching.
const (
	MatchSearch Matching = iota // anywhere
	MatchPrefix                 // from the beginning
	MatchWhole                  // all of it
)

// ReadExpression returns what an expression means that a stack compares with the
// origin. The syntax is that of RE2, which most engines share for what origins
// need; the error is about expressions that it does not have, such as those that
// look ahead.
func ReadExpression(expr string, how Matching) (Expression, error) {
	if _, err := syntax.Parse(expr, syntax.Perl); err != nil {
		return Expression{}, err
	}
	var x Expression
	for _, part := range alternatives(expr) {
		bare, atStart, atEnd := withoutAnchors(part)
		x.Unanchored = x.Unanchored || how != MatchWhole && !atEnd || how == MatchSearch && !atStart
		for _, inner := range alternatives(bare) {
			if inner == "" && atStart && atEnd {
				continue // it matches no origin
			}
			if matchesAll(inner, how) {
				return Expression{Everything: true}, nil
			}
			x.add(inner)
		}
	}
	return x, nil
}

// openStart matches an expression that begins with a scheme, which no origin has
// twice.
var openStart = lazyregexp.New(`^http(?:s\??|\(s\)\??)?:(?:\\?/){2}`)

// onlyStartOpen reports whether an expression lacks nothing but a ^, so that it
// matches no more origins of browsers than with it.
func onlyStartOpen(expr string) bool {
	_, _, atEnd := withoutAnchors(expr)
	return atEnd && len(alternativesOutside(expr)) == 1 && openStart.MatchString(expr)
}

// matchesAll reports whether an expression without anchors matches every origin.
func matchesAll(expr string, how Matching) bool {
	inner, _ := wholeGroup(expr)
	switch cmp.Or(inner, expr) {
	case ".*", ".+", ".*?", ".+?":
		return true
	case "":
		return how != MatchWhole
	}
	return false
}

// add adds the meaning of an expression without anchors, compared with a whole
// origin.
func (x *Expression) add(expr string) {
	if literal, ok := literalOf(expr); ok {
		if o, err := origin.Parse(literal); err == nil && o.String() == literal {
			x.Origins = append(x.Origins, literal)
			return
		}
	}
	if wild, ok := wildcardOf(expr); ok {
		x.Origins = append(x.Origins, wild)
		return
	}
	x.Regexps = append(x.Regexps, expr)
}

// literalOf returns the only string that an expression matches.
func literalOf(expr string) (string, bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || re.Op != syntax.OpLiteral || re.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	return string(re.Rune), true
}

// labelForms are expressions for the labels before a domain that match the same
// hosts as * in a pattern does.
var labelForms = []string{anyLabels, `([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+`, `(?:[a-z0-9-]+\.)+`, `([a-z0-9-]+\.)+`}

// portForms are expressions for a port that match the same as :* in a pattern.
var portForms = []string{anyPort, withoutCommas.Replace(anyPort), `(:[1-9][0-9]{0,4})?`, `(?::\d+)?`, `(:\d+)?`, `(?::[0-9]+)?`, `(:[0-9]+)?`, `(?::\d{1,5})?`, `(:\d{1,5})?`}

// wildcardOf returns the pattern of package origin that matches the same as an
// expression.
func wildcardOf(expr string) (string, bool) {
	scheme, rest, ok := strings.Cut(strings.ReplaceAll(expr, `\/`, "/"), "://")
	if !ok {
		return "", false
	}
	prefix, suffix := "", ""
	for _, form := range labelForms {
		if after, ok := strings.CutPrefix(rest, form); ok {
			rest, prefix = after, "*."
			break
		}
	}
	for _, form := range portForms {
		if before, ok := strings.CutSuffix(rest, form); ok {
			rest, suffix = before, ":*"
			break
		}
	}
	host, ok := literalOf(rest)
	if !ok || prefix == "" && suffix == "" {
		return "", false
	}
	p, err := origin.ParsePattern(scheme + "://" + prefix + host + suffix)
	if err != nil {
		return "", false
	}
	return p.String(), true
}

// alternatives splits an expression at each | outside of groups and classes. An
// expression that is one group is split inside of it.
func alternatives(expr string) []string {
	if inner, ok := wholeGroup(expr); ok {
		return alternatives(inner)
	}
	var parts []string
	start := 0
	scan(expr, func(i, depth int) {
		if expr[i] == '|' && depth == 0 {
			parts = append(parts, expr[start:i])
			start = i + 1
		}
	})
	return append(parts, expr[start:])
}

// wholeGroup returns the inside of an expression that is a group and nothing
// else.
func wholeGroup(expr string) (string, bool) {
	if !strings.HasPrefix(expr, "(") || !strings.HasSuffix(expr, ")") {
		return "", false
	}
	whole := true
	scan(expr, func(i, depth int) {
		if depth == 0 && i > 0 {
			whole = whole && i == len(expr)-1
		}
	})
	inner := strings.TrimPrefix(expr[1:len(expr)-1], "?:")
	return inner, whole && !strings.HasPrefix(inner, "?")
}

// scan calls f for each byte of an expression that is syntax, with the number of
// groups around it; a parenthesis itself has that of its outside.
func scan(expr string, f func(i, depth int)) {
	depth, class := 0, false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			f(i, depth)
			depth++
		case c == ')':
			depth--
			f(i, depth)
		default:
			f(i, depth)
		}
	}
}

// withoutAnchors returns an expression without the anchors at its ends.
func withoutAnchors(expr string) (bare string, atStart, atEnd bool) {
	for _, a := range []string{"^", `\A`} {
		if after, ok := strings.CutPrefix(expr, a); ok {
			expr, atStart = after, true
			break
		}
	}
	for _, a := range []string{"$", `\z`, `\Z`} {
		before, ok := strings.CutSuffix(expr, a)
		if escapes := len(before) - len(strings.TrimRight(before, `\`)); ok && (a != "$" || escapes%2 == 0) {
			expr, atEnd = before, true
			break
		}
	}
	return expr, atStart, atEnd
}
