package cfamily

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/literal"
)

// maxHoles is how deep strings are nested in the expressions of others, at most.
const maxHoles = 20

// maxPrefix is how many $ and @ there are before a string of C#, at most.
const maxPrefix = 10

// shape is how a string is written.
type shape struct {
	prefix  int  // bytes before the first quote: $ and @
	quotes  int  // 1, or at least 3
	dollars int  // of C#: how many braces begin an expression; of Kotlin: 1
	raw     bool // a backslash is one
	doubled bool // two quotes are one: @"…" of C#
	lines   bool // it may have several lines
}

// shapeOf returns how the string is written that begins a text; ok is false if
// none does.
func shapeOf(s string, language Language) (f shape, ok bool) {
	for language == CSharp && f.prefix < min(len(s), maxPrefix) && (s[f.prefix] == '$' || s[f.prefix] == '@') {
		if s[f.prefix] == '$' {
			f.dollars++
		} else {
			f.doubled = true
		}
		f.prefix++
	}
	most := 3
	if language == CSharp {
		most = len(s)
	}
	f.quotes = runLen(s[f.prefix:], '"', most)
	switch {
	case f.quotes == 0:
		return f, false
	case language == Kotlin:
		f.dollars = 1
	}
	if f.quotes < 3 || f.doubled {
		f.quotes = 1
		f.raw, f.lines = f.doubled, f.doubled
		return f, true
	}
	f.raw, f.lines = language != Java, true
	return f, true
}

// startsString reports whether a string begins here.
func (l *lexer) startsString() bool {
	switch c := l.text[l.at]; {
	case c == '"':
		return true
	case l.language == CSharp && (c == '$' || c == '@'):
		_, ok := shapeOf(l.rest(), l.language)
		return ok
	}
	return false
}

// string reads a string with all that is in it.
func (l *lexer) string() {
	n, ok := stringLen(l.rest(), l.language, 0)
	kind := Bad
	if ok {
		kind = l.unlessEscaped(String, l.rest()[:n])
	}
	l.take(kind, n)
}

// stringLen returns the length of the string that begins a text. It is false if
// the string has no end, or nests others too deep; the length is then that of
// what was read.
func stringLen(s string, language Language, depth int) (int, bool) {
	f, ok := shapeOf(s, language)
	if !ok || depth > maxHoles {
		return len(s), false
	}
	for i := f.prefix + f.quotes; i < len(s); {
		switch {
		case s[i] == '"':
			n, end := f.close(s[i:], language)
			i += n
			if end {
				return i, true
			}
		case s[i] == '\\' && !f.raw:
			i += 2
		case (s[i] == '\n' || s[i] == '\r') && !f.lines:
			return i, false
		case f.hole(s[i:], language) > 0:
			n, ok := holeLen(s[i:], f.hole(s[i:], language), language, depth+1)
			if i += n; !ok {
				return i, false
			}
		default:
			i += f.plain(s[i:], language)
		}
	}
	return len(s), false
}

// close returns how many quotes at the beginning of a text are a part of the
// string, and whether they end it.
func (f *shape) close(s string, language Language) (n int, end bool) {
	switch {
	case f.doubled && runLen(s, '"', 2) == 2:
		return 2, false
	case f.quotes == 1:
		return 1, true
	case language == Kotlin: // the last ones end it
		n = runLen(s, '"', len(s))
		return n, n >= f.quotes
	default:
		n = runLen(s, '"', f.quotes)
		return n, n == f.quotes
	}
}

// runLen returns how often a byte is repeated at the beginning of a text, most
// times at most.
func runLen(s string, c byte, most int) int {
	n := 0
	for n < min(most, len(s)) && s[n] == c {
		n++
	}
	return n
}

// hole returns the length of what begins an expression within a string; 0 if
// none begins here.
func (f *shape) hole(s string, language Language) int {
	switch {
	case language == Kotlin && strings.HasPrefix(s, "${"):
		return 2
	case language == CSharp && f.dollars > 0 && s[0] == '{':
		run := runLen(s, '{', len(s))
		if f.quotes == 1 && run%2 == 0 || run < f.dollars {
			return 0
		}
		return run
	}
	return 0
}

// plain returns the length of what is text.
func (f *shape) plain(s string, language Language) int {
	if language == CSharp && f.dollars > 0 && s[0] == '{' {
		return runLen(s, '{', len(s))
	}
	return 1
}

// holeLen returns the length of an expression within a string, whose beginning
// has open bytes.
func holeLen(s string, open int, language Language, depth int) (int, bool) {
	if depth > maxHoles {
		return len(s), false
	}
	level := 1
	for i := open; i < len(s); {
		switch c := s[i]; {
		case c == '"', language == CSharp && (c == '$' || c == '@'):
			n, ok := 1, true
			if _, begins := shapeOf(s[i:], language); begins {
				n, ok = stringLen(s[i:], language, depth+1)
			}
			if i += n; !ok {
				return i, false
			}
		case c == '\'':
			i += charLen(s[i:])
		case c == '{':
			level++
			i++
		case c == '}':
			i++
			if level--; level == 0 {
				return i, true
			}
		default:
			i++
		}
	}
	return len(s), false
}

// charLen returns the length of a character in quotes, or of the quote alone.
func charLen(s string) int {
	if end := strings.IndexByte(s[min(2, len(s)):min(12, len(s))], '\''); end >= 0 {
		return end + 3
	}
	return 1
}

// Literal returns the text of a string that is written in one line and has no
// expressions in it, and whether it is one.
func Literal(token string, language Language) (string, bool) {
	f, ok := shapeOf(token, language)
	if !ok || len(token) < f.prefix+2*f.quotes || strings.ContainsAny(token, "\n\r") {
		return "", false
	}
	inner := token[f.prefix+f.quotes : len(token)-f.quotes]
	switch {
	case f.dollars > 0 && language == CSharp && strings.ContainsAny(inner, "{}"), language == Kotlin && interpolates(inner, f.raw):
		return "", false
	case f.doubled:
		return strings.ReplaceAll(inner, `""`, `"`), true
	case f.raw || !strings.Contains(inner, `\`):
		return inner, true
	}
	return unescape(inner, language)
}

// interpolates reports whether a string of Kotlin has the value of a name in it.
func interpolates(inner string, raw bool) bool {
	for i := 0; i+1 < len(inner); i++ {
		if inner[i] == '\\' && !raw {
			i++
		} else if next := inner[i+1:]; inner[i] == '$' && (next[0] == '{' || next[0] == '`' || startsName(next) && next[0] != '$') {
			return true
		}
	}
	return false
}

// escapes are what a character after a backslash means, in all languages.
var escapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", '\'': "'", '"': `"`, '\\': `\`,
}

// unescape returns a text without its escapes; it is false if one is not known.
func unescape(s string, language Language) (string, bool) {
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		if after == "" {
			return "", false
		}
		text, n := escapes[after[0]], 1
		switch {
		case text != "":
		case after[0] == '$' && language == Kotlin:
			text = "$"
		case after[0] == 'u':
			digits := strings.TrimLeft(after, "u")
			if language != Java {
				digits = after[1:]
			}
			r, ok := literal.Rune(digits[:min(4, len(digits))], 16)
			if !ok || len(digits) < 4 {
				return "", false
			}
			text, n = string(r), len(after)-len(digits)+4
		default:
			return "", false
		}
		b.WriteString(text)
		s = after[n:]
	}
	return b.String(), true
}
