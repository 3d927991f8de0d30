package stacks

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// expression is about a regular expression for origins.
func (s *confSite) expression(p part, how Matching) {
	x, err := ReadExpression(p.text, how)
	wild, notGlob := origin.ParsePattern(p.text)
	switch {
	case notGlob == nil && !wild.IsExact():
		s.fault(s.glob, p.at, "")
		s.remark(Lost, "allow_origins", p.text+" is read as an expression, and matches no page.", p.at)
		return
	case err != nil || len(p.text) > maxExpression:
		s.fault(s.unreadable, p.at, "")
		s.remark(Lost, "allow_origins", "The expression is not one that corsac can read.", p.at)
		return
	case x.Everything:
		s.repeated("Every origin is repeated", p.at)
		return
	case x.Unanchored:
		s.fault(s.unanchored, p.at, "", anchors(p, s.dollar)...)
		s.remark(Differs, "allow_origins", "The expression has no anchors; it is read as if it had them.", p.at)
	default:
		if miss := nearMiss(p.text, how); miss != "" {
			s.fault(s.wide, p.at, p.text+" also matches "+miss, s.escapedDots(p, how)...)
		}
	}
	x.each(func(field, value string) { s.entry(field, value, p.at) })
}

// maxExpression is how long an expression may be.
const maxExpression = 4096

// anchors returns the edits that put anchors around an expression that begins
// with a scheme and has no alternatives outside of a group: what it then matches
// is what it says.
func anchors(p part, dollar string) (edits []source.Edit) {
	_, atStart, atEnd := withoutAnchors(p.text)
	apart := false
	scan(p.text, func(i, depth int) { apart = apart || p.text[i] == '|' && depth == 0 })
	if apart || !p.literal || !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(p.text, "^"), "(?:"), "http") {
		return nil
	}
	if !atStart {
		edits = append(edits, source.Insert(p.at.Start, "^"))
	}
	if !atEnd {
		edits = append(edits, source.Insert(p.at.End, cmp.Or(dollar, "$")))
	}
	return edits
}

// escapedDots returns the edit that puts a backslash before each dot of an
// expression that is too wide, if that is all it needs. Within double quotes, a
// backslash would need another.
func (s *confSite) escapedDots(p part, how Matching) []source.Edit {
	escaped, n := escapeDots(p.text)
	before := s.File.Text[s.File.LineStart(p.at.Start):p.at.Start]
	if n == 0 || !p.literal || strings.Contains(before, `"`) || nearMiss(escaped, how) != "" {
		return nil
	}
	return []source.Edit{{Span: p.at, New: escaped}}
}

// nearMiss returns an origin of somebody else that an expression matches besides
// those that it is for; "" if none is found.
func nearMiss(expr string, how Matching) string {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	whole := "^(?:" + expr + ")$"
	switch how {
	case MatchSearch:
		whole = expr
	case MatchPrefix:
		whole = "^(?:" + expr + ")"
	case MatchWhole:
	}
	re, err := regexp.Compile(whole)
	if err != nil {
		return ""
	}
	sample := exampleOfExpression(parsed.Simplify(), 0)
	o, err := origin.Parse(sample)
	if err != nil || o.IsOpaque() || !re.MatchString(sample) {
		return ""
	}
	domain, ok := o.RegistrableDomain()
	for _, host := range lookalikes(o.Host()) {
		miss, err := origin.Parse(strings.Replace(sample, o.Host(), host, 1))
		if err != nil {
			continue
		}
		if other, also := miss.RegistrableDomain(); ok && also && other != domain && re.MatchString(miss.String()) {
			return miss.String()
		}
	}
	return ""
}

// lookalikes returns hosts of somebody else that resemble one.
func lookalikes(host string) []string {
	list := []string{host + ".evil.example", "evil-" + host, "evil" + host}
	for i := range host {
		if host[i] == '.' {
			list = append(list, host[:i]+"x"+host[i+1:])
			if at := strings.IndexByte(host[i+1:], '.'); at >= 0 {
				list = append(list, host[:i+1]+"evil"+host[i+1:], host[:i+1]+"evil-"+host[i+1:])
			}
		}
	}
	return list
}

// exampleOfExpression returns a text that an expression matches, if it is a
// simple one.
func exampleOfExpression(re *syntax.Regexp, depth int) string {
	if depth > 50 {
		return ""
	}
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return exampleOfClass(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "."
	case syntax.OpPlus, syntax.OpCapture, syntax.OpAlternate:
		return exampleOfExpression(re.Sub[0], depth+1)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			part := exampleOfExpression(sub, depth+1)
			if before := b.String(); part == "." && (before == "" || strings.HasSuffix(before, ".") || strings.HasSuffix(before, "/")) {
				part = "a"
			}
			b.WriteString(part)
			if b.Len() > maxExpression {
				return ""
			}
		}
	default: // what may be missing
	}
	return b.String()
}

// exampleOfClass returns a character of a class, a letter if it has one.
func exampleOfClass(ranges []rune) string {
	for _, want := range "a0wex" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return string(want)
			}
		}
	}
	if len(ranges) == 0 {
		return ""
	}
	return string(ranges[0])
}
