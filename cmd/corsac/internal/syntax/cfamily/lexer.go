package cfamily

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/literal"
)

// lexer splits a text into tokens.
type lexer struct {
	text     string
	at       int
	language Language
	tokens   []Token
	// lineStart says that only white space was on the line so far.
	lineStart bool
}

// rest is the text that is not read yet.
func (l *lexer) rest() string { return l.text[l.at:] }

// take adds a token of n bytes.
func (l *lexer) take(k Kind, n int) {
	n = min(n, len(l.rest()))
	text := l.text[l.at : l.at+n]
	l.tokens = append(l.tokens, Token{Kind: k, Span: source.Span{Start: l.at, End: l.at + n}})
	l.at += n
	if k == Space || k == Comment {
		l.lineStart = l.lineStart && k == Space || strings.ContainsAny(text, "\n\r")
	} else {
		l.lineStart = false
	}
}

// next reads one token.
func (l *lexer) next() {
	rest := l.rest()
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == utf8.RuneError && size <= 1:
		l.take(Bad, 1)
	case isSpace(r):
		l.take(Space, len(rest)-len(strings.TrimLeftFunc(rest, isSpace)))
	case strings.HasPrefix(rest, "//"), r == '#' && l.lineStart && (l.language == CSharp || strings.HasPrefix(rest, "#!")):
		l.take(l.unlessEscaped(Comment, rest[:lineLen(rest)]), lineLen(rest))
	case strings.HasPrefix(rest, "/*"):
		l.comment()
	case l.startsString():
		l.string()
	case r == '\'':
		l.char()
	case r >= '0' && r <= '9', r == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		l.take(Number, numberLen(rest))
	case r == '`' && l.language == Kotlin:
		l.backticks()
	case r == '@' && l.language == CSharp && startsName(rest[1:]):
		l.take(Name, 1+nameLen(rest[1:]))
	case startsName(rest):
		l.take(Name, nameLen(rest))
	case r == '\\':
		l.take(Bad, 1) // an escape of Java outside of strings
	default:
		l.take(Punctuator, punctuatorLen(rest, size))
	}
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == 0x1a }

// lineLen returns the length of the first line of a text, without its end.
func lineLen(s string) int {
	if n := strings.IndexAny(s, "\n\r\u2028\u2029"); n >= 0 {
		return n
	}
	return len(s)
}

// comment reads a comment; in Kotlin, others can be in it.
func (l *lexer) comment() {
	rest := l.rest()
	depth := 0
	for i := 0; i+1 < len(rest); i++ {
		switch {
		case rest[i] == '/' && rest[i+1] == '*' && (l.language == Kotlin || depth == 0):
			depth++
			i++
		case rest[i] == '*' && rest[i+1] == '/':
			i++
			if depth--; depth == 0 {
				l.take(l.unlessEscaped(Comment, rest[:i+1]), i+1)
				return
			}
		}
	}
	l.take(Bad, len(rest))
}

// unlessEscaped returns a kind, or Bad where Java would read another text: it
// replaces escapes such as \u002a before it looks for tokens
// (https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.3).
func (l *lexer) unlessEscaped(k Kind, text string) Kind {
	if l.language == Java && strings.Contains(text, `\u`) && hidesSyntax(text) {
		return Bad
	}
	return k
}

// hidesSyntax reports whether an escape of Java stands for a quote, a backslash,
// an end of line or a part of a comment.
func hidesSyntax(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		for i < len(text) && text[i] == 'u' {
			i++
		}
		if i+4 > len(text) {
			return true
		}
		if r, ok := literal.Rune(text[i:i+4], 16); !ok || strings.ContainsRune("\"'\\\n\r*/", r) {
			return true
		}
		i += 3
	}
	return false
}

// char reads a character in quotes.
func (l *lexer) char() {
	rest := l.rest()
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '\'':
			l.take(l.unlessEscaped(Char, rest[:i+1]), i+1)
			return
		case '\n', '\r':
			l.take(Bad, i)
			return
		}
	}
	l.take(Bad, len(rest))
}

// backticks reads a name of Kotlin in backticks.
func (l *lexer) backticks() {
	rest := l.rest()
	n := strings.IndexAny(rest[1:], "`\n\r")
	switch {
	case n < 0:
		l.take(Bad, len(rest))
	case rest[1+n] != '`' || n == 0:
		l.take(Bad, 1+n)
	default:
		l.take(Name, n+2)
	}
}

// numberLen returns the length of the number at the beginning of a text.
func numberLen(s string) int {
	hex := len(s) > 1 && s[0] == '0' && strings.ContainsRune("xXbB", rune(s[1]))
	dots := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		sign := (c == '+' || c == '-') && i > 0 && !hex && (s[i-1] == 'e' || s[i-1] == 'E')
		dot := c == '.' && !hex && dots == 0 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9'
		if !sign && !dot && !isNameByte(c) {
			return i
		}
		if dot {
			dots++
		}
	}
	return len(s)
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func startsName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || r == '$' || unicode.IsLetter(r)
}

// nameLen returns the length of the name at the beginning of a text.
func nameLen(s string) int {
	for i, r := range s {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			return i
		}
	}
	return len(s)
}

// punctuators are those of more than one byte that matter, the longest first:
// what is not among them is read as several.
var punctuators = []string{"?.", "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?:", "+=", "-="}

// punctuatorLen returns the length of the punctuator at the beginning of a text,
// whose first character has a size.
func punctuatorLen(s string, size int) int {
	for _, p := range punctuators {
		if strings.HasPrefix(s, p) {
			return len(p)
		}
	}
	return size
}
