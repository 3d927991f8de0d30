package stacks

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// pattern is a set of origins. Its regular expression means the same in all
// engines: RE2, PCRE, JavaScript, Python, Java, .NET and Ruby.
type pattern struct {
	// wild is the pattern of package origin, or "" for a regular expression of
	// the policy.
	wild string
	// re is the expression without anchors.
	re string
}

// anchored returns the expression for a whole origin. In Ruby, where ^ and $
// are about lines, use rubyRegexp.
func (p pattern) anchored() string { return "^" + p.group() + "$" }

// group returns the expression, in a group if it has alternatives.
func (p pattern) group() string {
	if strings.Contains(p.re, "|") {
		return "(?:" + p.re + ")"
	}
	return p.re
}

// exactPattern returns the pattern of one origin.
func exactPattern(origin string) pattern { return pattern{re: regexp.QuoteMeta(origin)} }

// The parts of a wildcard. Labels neither begin nor end with a hyphen, and the
// hyphen is not between two characters of a class, so that every engine takes it
// for itself. No part can match the same text in two ways, so that engines that
// backtrack need no more than linear time.
const (
	anyLabels = `(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+`
	anyPort   = `(?::[1-9][0-9]{0,4})?`
)

// wildcard returns the pattern of a wildcard.
func wildcard(p origin.Pattern) pattern {
	base := p.Origin()
	re := regexp.QuoteMeta(base.Scheme()) + "://"
	if p.Subdomains() {
		re += anyLabels
	}
	hostAndPort := strings.TrimPrefix(base.String(), base.Scheme()+"://")
	re += regexp.QuoteMeta(hostAndPort)
	if p.AnyPort() {
		re += anyPort
	}
	return pattern{wild: p.String(), re: re}
}

// extensionPattern returns the pattern of all extensions of a browser, whose ids
// are letters, digits and hyphens.
func extensionPattern(p origin.Pattern) pattern {
	return pattern{re: regexp.QuoteMeta(strings.TrimSuffix(p.String(), "*")) + "[A-Za-z0-9-]+"}
}

// isPlain reports whether every configuration file can have an origin or a
// pattern as it is: the opaque host of an app may have quotes and signs that mean
// something there.
func isPlain(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/[]+*") == ""
}

// originBytes are the bytes of an origin that is not "null", which is made of
// them, too.
const originBytes = "abcdefghijklmnopqrstuvwxyz0123456789-._:/[]+"

// portable returns a regular expression of RE2 in the form that every engine
// reads in the same way: it matches the same origins, and may differ for strings
// that are not origins. It returns false for what has no such form, and for
// what engines that backtrack may need more than linear time for.
func portable(expr string) (re string, ok bool) {
	if len(expr) > 1000 {
		return "", false
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return "", false
	}
	var w portableWriter
	w.write(parsed, false)
	return w.String(), !w.failed && w.repeats <= 1 && w.Len() < 4000
}

// portableWriter writes a parsed expression with plain syntax only.
type portableWriter struct {
	strings.Builder
	failed  bool
	repeats int // repetitions, other than ?
}

func (w *portableWriter) write(re *syntax.Regexp, repeated bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.class(func(b rune) bool {
				return b == r || re.Flags&syntax.FoldCase != 0 && strings.EqualFold(string(b), string(r))
			})
		}
	case syntax.OpCharClass:
		w.class(func(b rune) bool {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] <= b && b <= re.Rune[i+1] {
					return true
				}
			}
			return false
		})
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.class(func(rune) bool { return true })
	case syntax.OpBeginText, syntax.OpBeginLine:
		w.WriteByte('^')
	case syntax.OpEndText, syntax.OpEndLine:
		w.WriteByte('$')
	case syntax.OpCapture:
		w.group(re.Sub[0], repeated)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		w.repeat(re, repeated)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			w.write(sub, repeated)
		}
	case syntax.OpAlternate:
		w.failed = w.failed || repeated
		w.WriteString("(?:")
		for i, sub := range re.Sub {
			if i > 0 {
				w.WriteByte('|')
			}
			w.write(sub, repeated)
		}
		w.WriteByte(')')
	default: // word boundaries, and what matches nothing
		w.failed = true
	}
}

// closedOps are what is written as one class or group.
var closedOps = []syntax.Op{syntax.OpCapture, syntax.OpAlternate, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL}

// group writes re so that a repetition after it is about all of it.
func (w *portableWriter) group(re *syntax.Regexp, repeated bool) {
	if slices.Contains(closedOps, re.Op) || len(re.Rune) == 1 {
		w.write(re, repeated)
		return
	}
	w.WriteString("(?:")
	w.write(re, repeated)
	w.WriteByte(')')
}

// repeat writes a repetition. Whether it is greedy makes no difference to what
// matches a whole origin.
func (w *portableWriter) repeat(re *syntax.Regexp, repeated bool) {
	if re.Op != syntax.OpQuest {
		w.repeats++
		repeated = true
	}
	w.group(re.Sub[0], repeated)
	switch re.Op {
	case syntax.OpStar:
		w.WriteByte('*')
	case syntax.OpPlus:
		w.WriteByte('+')
	case syntax.OpQuest:
		w.WriteByte('?')
	default:
		w.WriteString(bounds(re.Min, re.Max))
	}
}

// class writes the bytes of origins that are in a set.
func (w *portableWriter) class(has func(rune) bool) {
	var in strings.Builder
	for _, b := range originBytes {
		if has(b) {
			in.WriteRune(b)
		}
	}
	switch set := in.String(); {
	case set == "": // such as an upper-case letter, which no origin has
		w.failed = true
	case len(set) == 1:
		w.WriteString(regexp.QuoteMeta(set))
	default:
		w.WriteString("[" + ranges(set) + "]")
	}
}

// ranges returns the inside of a class of bytes, in the order of originBytes.
func ranges(set string) string {
	var b strings.Builder
	for _, long := range []string{originBytes[:26], originBytes[26:36]} {
		if rest, ok := strings.CutPrefix(set, long); ok {
			b.WriteString(long[:1] + "-" + long[len(long)-1:])
			set = rest
		}
	}
	for _, r := range set {
		if strings.ContainsRune("-[]", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
