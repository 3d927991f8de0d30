// Package python reads source code of Python as far as tools need it that find
// a call and change its arguments: tokens with their offsets, and from them
// statements and expressions.
//
//   - Everything has its place in the text; nothing is ever printed from a tree.
//   - Whatever the text is, it is read in linear time and without a panic. What
//     does not parse is [Other], and [Module.Broken] says that strings, brackets
//     or the indentation of the file are not as Python wants them.
package python

import (
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// TokenKind is the kind of a token.
type TokenKind uint8

// The kinds of tokens.
const (
	Space   TokenKind = iota // blanks, line ends that end nothing, a backslash at the end of a line
	Comment                  // from # to before the end of the line
	NewLine                  // the end of a logical line
	Indent                   // empty: more indentation begins here
	Dedent                   // empty: an indentation ends here
	Name                     // an identifier or keyword
	Number                   // a number
	Text                     // a string with its prefix and quotes; an f-string as a whole
	Op                       // an operator, bracket or other punctuation
	Unknown                  // a character that no token begins with
)

// Token is a piece of the text. All tokens together cover it without gaps.
type Token struct {
	source.Span

	Kind TokenKind
}

// maxDepth is the depth of brackets, and of strings within f-strings, that is
// read; CPython stops at 200 and 150.
const maxDepth = 200

// Tokens splits a text. It is false if a string, bracket or indentation is not
// closed as it should be; the tokens cover the text all the same.
func Tokens(text string) (tokens []Token, ok bool) {
	t := tokenizer{text: text, indents: []int{0}, lineStart: true}
	t.run()
	return t.tokens, !t.broken
}

type tokenizer struct {
	text    string
	tokens  []Token
	broken  bool
	indents []int  // the columns of the open blocks
	closers []byte // the brackets that must be closed
	// lineStart says that a logical line may begin here, and inLine that one has
	// begun.
	lineStart, inLine bool
}

func (t *tokenizer) emit(kind TokenKind, start, end int) {
	switch kind {
	case Space, Comment:
	case NewLine, Indent, Dedent:
		t.inLine = false
	default:
		t.inLine = true
	}
	t.tokens = append(t.tokens, Token{source.Span{Start: start, End: end}, kind})
}

func (t *tokenizer) run() {
	i := 0
	if strings.HasPrefix(t.text, "\ufeff") {
		i = len("\ufeff")
		t.emit(Space, 0, i)
	}
	for i < len(t.text) {
		if t.lineStart {
			i = t.indentation(i)
			t.lineStart = false
			continue
		}
		i = t.next(i)
	}
	if t.inLine {
		t.emit(NewLine, len(t.text), len(t.text))
	}
	for range t.indents[1:] {
		t.emit(Dedent, len(t.text), len(t.text))
	}
	t.broken = t.broken || len(t.closers) > 0
}

// indentation reads the blanks before a logical line, and whole lines that have
// nothing but blanks and comments, which have no indentation.
func (t *tokenizer) indentation(i int) int {
	start, column := i, 0
	for ; i < len(t.text); i++ {
		switch t.text[i] {
		case ' ':
			column++
		case '\t':
			column += 8 - column%8
		case '\f':
			column = 0
		default:
			goto done
		}
	}
done:
	if i > start {
		t.emit(Space, start, i)
	}
	if i == len(t.text) || strings.IndexByte("\r\n#", t.text[i]) >= 0 || t.text[i] == '\\' && lineEnd(t.text, i+1) > 0 {
		return i
	}
	if column > t.indents[len(t.indents)-1] {
		t.indents = append(t.indents, column)
		t.emit(Indent, i, i)
	}
	for column < t.indents[len(t.indents)-1] {
		t.indents = t.indents[:len(t.indents)-1]
		t.emit(Dedent, i, i)
	}
	t.broken = t.broken || column != t.indents[len(t.indents)-1]
	return i
}

// lineEnd returns the length of the line end at i, 0 if there is none.
func lineEnd(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '\n':
		return 1
	case text[i] != '\r':
		return 0
	case i+1 < len(text) && text[i+1] == '\n':
		return 2
	}
	return 1
}

// next reads the token at i and returns where it ends.
func (t *tokenizer) next(i int) int {
	start, c := i, t.text[i]
	switch {
	case c == ' ' || c == '\t' || c == '\f':
		for i < len(t.text) && strings.IndexByte(" \t\f", t.text[i]) >= 0 {
			i++
		}
		t.emit(Space, start, i)
	case c == '\r' || c == '\n':
		i += lineEnd(t.text, i)
		t.newLine(start, i)
	case c == '\\' && lineEnd(t.text, i+1) > 0:
		i += 1 + lineEnd(t.text, i+1)
		t.emit(Space, start, i)
	case c == '#':
		i = endOfLine(t.text, i)
		t.emit(Comment, start, i)
	case c == '"' || c == '\'':
		i = t.str(start, start)
	case nameByte(c) && !digit(c):
		for i < len(t.text) && nameByte(t.text[i]) {
			i++
		}
		if i < len(t.text) && (t.text[i] == '"' || t.text[i] == '\'') && prefixes[strings.ToLower(t.text[start:i])] {
			return t.str(start, i)
		}
		t.emit(Name, start, i)
	case digit(c) || c == '.' && i+1 < len(t.text) && digit(t.text[i+1]):
		i = number(t.text, i)
		t.emit(Number, start, i)
	default:
		return t.op(i)
	}
	return i
}

// newLine emits the end of a line, which ends a logical one only outside of
// brackets and after something.
func (t *tokenizer) newLine(start, end int) {
	if len(t.closers) > 0 {
		t.emit(Space, start, end)
		return
	}
	t.lineStart = true
	if t.inLine {
		t.emit(NewLine, start, end)
	} else {
		t.emit(Space, start, end)
	}
}

func endOfLine(text string, i int) int {
	if n := strings.IndexAny(text[i:], "\r\n"); n >= 0 {
		return i + n
	}
	return len(text)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// nameByte reports whether a byte can be in a name. All that is not ASCII is
// taken for letters.
func nameByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || digit(c) || c >= utf8.RuneSelf
}

func number(text string, i int) int {
	run := func(ok func(c byte) bool) {
		for i < len(text) && (ok(text[i]) || text[i] == '_') {
			i++
		}
	}
	if text[i] == '0' && i+1 < len(text) && strings.IndexByte("xXoObB", text[i+1]) >= 0 {
		i += 2
		run(func(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' })
		return i
	}
	run(digit)
	if i < len(text) && text[i] == '.' {
		i++
		run(digit)
	}
	if i+1 < len(text) && text[i]|0x20 == 'e' {
		j := i + 1
		if text[j] == '+' || text[j] == '-' {
			j++
		}
		if j < len(text) && digit(text[j]) {
			i = j
			run(digit)
		}
	}
	if i < len(text) && text[i]|0x20 == 'j' {
		i++
	}
	return i
}

// ops are the operators of more than one byte, the longest first.
var ops = []string{
	"**=", "//=", ">>=", "<<=", "...",
	"**", "//", ">>", "<<", "<=", ">=", "==", "!=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", ":=",
}

// closing has the bracket that closes each one.
var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func (t *tokenizer) op(i int) int {
	for _, op := range ops {
		if strings.HasPrefix(t.text[i:], op) {
			t.emit(Op, i, i+len(op))
			return i + len(op)
		}
	}
	c := t.text[i]
	if strings.IndexByte("()[]{}+-*/%@&|^~<>=.,:;!", c) < 0 {
		t.broken = true
		t.emit(Unknown, i, i+1)
		return i + 1
	}
	switch n := len(t.closers); {
	case closing[c] != 0:
		t.closers = append(t.closers, closing[c])
		t.broken = t.broken || n >= maxDepth
	case strings.IndexByte(")]}", c) < 0:
	case n > 0 && t.closers[n-1] == c:
		t.closers = t.closers[:n-1]
	default:
		t.broken = true
	}
	t.emit(Op, i, i+1)
	return i + 1
}
