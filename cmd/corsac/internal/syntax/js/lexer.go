package js

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// frame is a bracket that is open, or a part of a JSX element.
type frame struct {
	// open is ( [ or {; ` for a substitution in a template; < inside an opening
	// tag, / inside a closing one, and > between them.
	open byte
	// operand says that an operand may follow the closing bracket, not an
	// operator: that of if (…), or of a block.
	operand bool
	// block says that a { is that of statements, not of an object.
	block bool
	// depth is how many < of type arguments are open in a tag.
	depth int
}

// lexer splits a text into tokens. Whether a slash begins a regular expression,
// and < a JSX element, depends on what was before it: operand says that an
// operand may come now.
type lexer struct {
	text    string
	at      int
	dialect Dialect
	tokens  []Token
	stack   []frame

	operand bool
	last    string // the last token that is not white space or a comment
	before  string // the one before it
	newline bool   // there was one since the last token
	looked  int    // how often something was looked for in vain
}

// next reads at least one token.
func (l *lexer) next() {
	start := l.at
	switch mode := l.top().open; {
	case mode == '>':
		l.children()
	case l.space():
	case mode == '<' || mode == '/':
		l.tag()
	default:
		l.token()
	}
	if l.at == start { // cannot happen; never loop
		l.take(Bad, 1)
	}
}

func (l *lexer) top() frame {
	if len(l.stack) == 0 {
		return frame{}
	}
	return l.stack[len(l.stack)-1]
}

func (l *lexer) push(f frame) { l.stack = append(l.stack, f) }

// pop closes the innermost bracket, if it is the one that is meant.
func (l *lexer) pop(open byte) (frame, bool) {
	f := l.top()
	if len(l.stack) == 0 || f.open != open {
		return frame{}, false
	}
	l.stack = l.stack[:len(l.stack)-1]
	return f, true
}

// rest is the text that is not read yet.
func (l *lexer) rest() string { return l.text[l.at:] }

// take adds a token of n bytes.
func (l *lexer) take(k Kind, n int) string {
	n = min(n, len(l.rest()))
	l.tokens = append(l.tokens, Token{Kind: k, Span: source.Span{Start: l.at, End: l.at + n}})
	text := l.text[l.at : l.at+n]
	l.at += n
	if k != Space && k != Comment {
		l.before, l.last, l.newline = l.last, text, false
	} else if strings.ContainsAny(text, "\n\r\u2028\u2029") {
		l.newline = true
	}
	return text
}

// space reads white space or a comment.
func (l *lexer) space() bool {
	rest := l.rest()
	if n := len(rest) - len(strings.TrimLeftFunc(rest, isSpace)); n > 0 {
		l.take(Space, n)
		return true
	}
	switch {
	case strings.HasPrefix(rest, "//"), l.at == 0 && strings.HasPrefix(rest, "#!"):
		n := strings.IndexAny(rest, "\n\r\u2028\u2029")
		if n < 0 {
			n = len(rest)
		}
		l.take(Comment, n)
	case strings.HasPrefix(rest, "/*"):
		if n := strings.Index(rest[2:], "*/"); n >= 0 {
			l.take(Comment, n+4)
		} else {
			l.take(Bad, len(rest))
		}
	default:
		return false
	}
	return true
}

func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r == '\ufeff' || r == '\u2028' || r == '\u2029'
}

// token reads a token of the language itself.
func (l *lexer) token() {
	rest := l.rest()
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case r == '"' || r == '\'':
		l.quoted(byte(r))
	case r == '`':
		l.template(Template, TemplateHead)
	case r >= '0' && r <= '9', r == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		l.take(Number, numberLen(rest))
		l.operand = false
	case r == '#' && size < len(rest) && isNameStart(rest[size:]), isNameStart(rest):
		l.word()
	case r == '/' && l.operand && l.looked < maxLooks:
		l.regexp()
	case r == '<' && l.operand && l.beginsJSX():
		l.take(Punctuator, 1)
		l.push(frame{open: '<'})
	case strings.HasPrefix(rest, "<!--"), r == utf8.RuneError && size <= 1:
		// The first is a comment in scripts, and operators in modules.
		l.take(Bad, size)
	default:
		l.punctuator()
	}
}

// quoted reads a string. One without an end stops at the end of the line.
func (l *lexer) quoted(quote byte) {
	rest := l.rest()
	l.operand = false
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			if strings.HasPrefix(rest[i+1:], "\r\n") {
				i++
			}
			i++
		case quote:
			l.take(String, i+1)
			return
		case '\n', '\r':
			l.take(Bad, i)
			return
		}
	}
	l.take(Bad, len(rest))
}

// template reads a part of a template: whole is its kind if it has the end, and
// open if a substitution follows.
func (l *lexer) template(whole, open Kind) {
	rest := l.rest()
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			i++
		case rest[i] == '`':
			l.take(whole, i+1)
			l.operand = false
			return
		case strings.HasPrefix(rest[i:], "${"):
			l.take(open, i+2)
			l.push(frame{open: '`'})
			l.operand = true
			return
		}
	}
	l.take(Bad, len(rest))
}

// numberLen returns the length of the number at the beginning of a text.
func numberLen(s string) int {
	i := 0
	hex := len(s) > 1 && s[0] == '0' && strings.ContainsRune("xXbBoO", rune(s[1]))
	for i < len(s) {
		c := s[i]
		sign := (c == '+' || c == '-') && i > 0 && !hex && (s[i-1] == 'e' || s[i-1] == 'E')
		dot := c == '.' && !hex && !strings.Contains(s[:i], ".")
		if !sign && !dot && !isNameByte(c) {
			break
		}
		i++
	}
	return i
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isNameStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || r == '$' || r == '\\' && len(s) > 1 && s[1] == 'u' || unicode.IsLetter(r)
}

// beforeOperand are words that an operand follows.
var beforeOperand = map[string]bool{
	"return": true, "typeof": true, "case": true, "do": true, "else": true, "in": true, "instanceof": true, "new": true, "void": true,
	"delete": true, "throw": true, "yield": true, "await": true, "default": true, "extends": true,
}

// word reads a name or a keyword.
func (l *lexer) word() {
	rest := l.rest()
	n := 1 // a #, or a letter
	if _, size := utf8.DecodeRuneInString(rest); size > 1 {
		n = size
	}
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		if r != '$' && r != '_' && r != '\\' && r != '{' && r != '}' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && r != '\u200c' && r != '\u200d' {
			break
		}
		if r == '{' || r == '}' { // only in an escape such as \u{61}
			if !inEscape(rest[:n+1]) {
				break
			}
		}
		n += size
	}
	member := l.last == "." || l.last == "?."
	ended := !l.operand
	text := l.take(Name, n)
	l.operand = !member && (beforeOperand[text] || text == "of" && ended)
}

// inEscape reports whether a name ends inside, or with, an escape such as \u{61}.
func inEscape(s string) bool {
	i := strings.LastIndex(s, `\u{`)
	return i >= 0 && len(s)-i < 12 && !strings.Contains(s[i:len(s)-1], "}")
}

// maxRegExp is how long regular expressions are, at most.
const maxRegExp = 8000

// regexp reads a regular expression; a slash that cannot be one is an operator.
func (l *lexer) regexp() {
	rest := l.rest()
	rest = rest[:min(len(rest), maxRegExp)]
	class := false
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\n' || c == '\r' || strings.HasPrefix(rest[i:], "\u2028") || strings.HasPrefix(rest[i:], "\u2029"):
			l.looked++
			l.punctuator()
			return
		case c == '\\':
			if i+1 < len(rest) && rest[i+1] != '\n' && rest[i+1] != '\r' {
				i++
			}
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			for i++; i < len(rest) && isNameByte(rest[i]); i++ { //nolint:revive // the flags
			}
			l.take(RegExp, i)
			l.operand = false
			return
		}
	}
	l.looked++
	l.punctuator()
}

// punctuators are those of more than one byte, the longest first.
var punctuators = []string{
	">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=",
	"=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**",
}

func (l *lexer) punctuator() {
	rest := l.rest()
	_, n := utf8.DecodeRuneInString(rest)
	for _, p := range punctuators {
		if strings.HasPrefix(rest, p) && (p != "?." || len(rest) < 3 || rest[2] < '0' || rest[2] > '9') {
			n = len(p)
			break
		}
	}
	switch c := rest[:n]; c {
	case "(", "[", "{":
		l.open(c[0])
	case ")", "]", "}":
		l.close(c[0])
	case "++", "--": // after an operand, or before one
		l.take(Punctuator, n)
	case "!":
		postfix := l.dialect != JavaScript && !l.operand && !l.newline
		l.take(Punctuator, n)
		l.operand = !postfix
	default:
		l.take(Punctuator, n)
		l.operand = true
	}
}

func (l *lexer) open(c byte) {
	f := frame{open: c}
	switch c {
	case '(':
		f.operand = l.before != "." && (l.last == "if" || l.last == "while" || l.last == "for" || l.last == "with" || l.last == "await" && l.before == "for")
	case '{':
		f.block = l.beginsBlock()
		f.operand = f.block
	}
	l.take(Punctuator, 1)
	l.push(f)
	l.operand = true
}

// beginsBlock reports whether a { is that of statements, a class or a type.
func (l *lexer) beginsBlock() bool {
	switch l.last {
	case "", ";", "}", "=>", ")", "]", ">", "else", "do", "try", "finally":
		return true
	case "{":
		return l.top().block
	}
	return !l.operand
}

func (l *lexer) close(c byte) {
	open := map[byte]byte{')': '(', ']': '[', '}': '{'}[c]
	if c == '}' {
		if _, ok := l.pop('`'); ok {
			l.template(TemplateTail, TemplateMiddle)
			return
		}
	}
	f, ok := l.pop(open)
	kind := Punctuator
	if !ok {
		kind = Bad
	}
	l.take(kind, 1)
	l.operand = f.operand
}
