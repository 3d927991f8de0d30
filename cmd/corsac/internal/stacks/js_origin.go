package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/origin"
)

// originRules are the mistakes in an origin that a stack compares as it stands.
type originRules struct {
	slash, path, scheme, upper, port, wildcard, list, null, code, other *Rule
}

// origins reads an origin that is compared as it stands, in v.
func (s *jsSettings) origins(v *js.Value, rules *originRules) {
	defer s.within(v)()
	text := v.Text
	bare := strings.TrimRight(text, "/")
	switch {
	case isOrigin(text):
		s.entry("allow_origins", text, v.Used)
		return
	case text == "null":
		s.fault(rules.null, v.Used)
		s.remark(Lost, "allow_origins", "Every page can have the origin null, such as one in a frame with the attribute sandbox.", v.Used)
		return
	case strings.HasPrefix(text, "process.env") || strings.HasPrefix(text, "import.meta.env") || strings.Contains(text, "${"):
		s.fault(rules.code, v.Used)
	case strings.ContainsAny(text, ", "):
		s.fault(rules.list, v.Used)
	case strings.Contains(text, "*"):
		s.fault(rules.wildcard, v.Used)
	case isOrigin(bare):
		s.meantOrigin(rules.slash, v, bare)
		return
	case isOrigin(strings.ToLower(bare)):
		s.meantOrigin(rules.upper, v, strings.ToLower(bare))
		return
	case !strings.Contains(text, "://"):
		s.fault(rules.scheme, v.Used)
	default:
		s.almost(v, rules)
		return
	}
	s.remark(Lost, "allow_origins", "No browser sends "+shorten(text)+" as an origin.", v.Used)
}

// almost reads what is a URL, but not an origin.
func (s *jsSettings) almost(v *js.Value, rules *originRules) {
	scheme, rest, _ := strings.Cut(v.Text, "://")
	host, _, hasPath := strings.Cut(rest, "/")
	short := strings.ToLower(scheme + "://" + host)
	if without, ok := strings.CutSuffix(short, map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(scheme)]); ok && isOrigin(without) && without != short {
		s.meantOrigin(rules.port, v, without)
		return
	}
	if hasPath && isOrigin(short) {
		s.meantOrigin(rules.path, v, short)
		return
	}
	s.fault(rules.other, v.Used)
	s.remark(Lost, "allow_origins", "No browser sends "+shorten(v.Text)+" as an origin.", v.Used)
}

// meantOrigin reports a mistake in an origin, and reads what was meant.
func (s *jsSettings) meantOrigin(rule *Rule, v *js.Value, meant string) {
	s.fault(rule, v.Used, s.replaceInside(v, meant)...)
	s.entry("allow_origins", meant, v.Used)
	s.remark(Wider, "allow_origins", "No browser sends "+shorten(v.Text)+"; "+meant+" is probably meant.", v.Used)
}

func isOrigin(s string) bool {
	o, err := origin.Parse(s)
	return err == nil && o.String() == s && s != "null"
}

// upperEscape is an escape that means something else in lower case.
var upperEscape = lazyregexp.New(`\\[A-Z]`)

// regexp reads a regular expression that is looked for anywhere in an origin.
func (r *jsReader) regexp(v *js.Value) {
	defer r.within(v)()
	if strings.ContainsAny(v.Flags, "gy") && r.rules.stateful != nil {
		r.fault(r.rules.stateful, v.Used, r.withoutFlags(v)...)
	}
	expr := plainSlashes(v.Text)
	if strings.Contains(v.Flags, "i") && expr != strings.ToLower(expr) {
		if upperEscape.MatchString(expr) {
			expr = "(?i:" + expr + ")"
		} else {
			expr = strings.ToLower(expr) // origins are in lower case
		}
	}
	x, err := ReadExpression(expr, MatchSearch)
	switch {
	case err != nil:
		r.remark(Lost, "allow_origins", "The regular expression has something that RE2 does not know, such as looking ahead.", v.Used)
		return
	case x.Everything:
		r.everyone(v, true)
		return
	}
	if len(openDots(v.Text)) > 0 {
		r.fault(r.rules.openDot, v.Used, r.escapeDots(v)...)
	}
	for _, o := range x.Origins {
		r.entry("allow_origins", o, v.Used)
	}
	if x.Unanchored {
		r.fault(r.rules.unanchored, v.Used)
		if len(x.Regexps) > 0 {
			r.remark(Lost, "dangerously_allow_origin_regexps", "The regular expression matches parts of an origin, and so also origins of others.", v.Used)
			return
		}
		r.remark(Differs, "allow_origins", "The regular expression also matches longer origins, of others.", v.Used)
	}
	for _, re := range x.Regexps {
		r.entry("dangerously_allow_origin_regexps", re, v.Used)
	}
}

// plainSlashes returns an expression without the backslashes that slashes need in
// a literal.
func plainSlashes(expr string) string {
	var b strings.Builder
	for i := 0; i < len(expr); i++ {
		if expr[i] == '\\' && i+1 < len(expr) {
			if i++; expr[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(expr[i])
	}
	return b.String()
}

// withoutFlags returns an edit that takes the flags g and y from a literal.
func (s *jsSettings) withoutFlags(v *js.Value) []source.Edit {
	if v.Range.End != v.Range.Start+1 || s.Kind(v.Range.Start) != js.RegExp {
		return nil
	}
	span := s.Span(v.Range)
	kept := strings.NewReplacer("g", "", "y", "").Replace(v.Flags)
	return []source.Edit{{Span: source.Span{Start: span.End - len(v.Flags), End: span.End}, New: kept}}
}

// escapeDots returns edits that write a backslash before the dots of a literal
// that stand between letters.
func (s *jsSettings) escapeDots(v *js.Value) (edits []source.Edit) {
	if v.Range.End != v.Range.Start+1 || s.Kind(v.Range.Start) != js.RegExp {
		return nil
	}
	start := s.Span(v.Range).Start + 1
	for _, at := range openDots(v.Text) {
		edits = append(edits, source.Insert(start+at, `\`))
	}
	return edits
}

// openDots returns where dots between letters are that match every character.
func openDots(expr string) (list []int) {
	class := false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '.' && !class && i > 0 && i+1 < len(expr) && alphanumeric(expr[i-1]) && alphanumeric(expr[i+1]):
			list = append(list, i)
		}
	}
	return list
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
