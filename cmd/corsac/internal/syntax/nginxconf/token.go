// Package nginxconf reads the configuration files of nginx: the same words,
// strings, blocks and comments that nginx reads, each with its place in the file.
//
//   - [Tokens] splits a text, [Parse] also puts directives and blocks together.
//   - What nginx reads differently from other formats is as in its source
//     (ngx_conf_read_token): a # begins a comment only where a word may begin, a
//     } ends a block only there, ${ is a part of a word, and a quote is a
//     quote only at the beginning of a word.
//   - It is pure, takes linear time, and the depth of blocks is bounded.
package nginxconf

import (
	"fmt"
	"strings"
)

// Token is a piece of a file, from Start up to, not including, End. Between
// tokens is only white space.
type Token struct {
	Kind       Kind
	Start, End int
	// Text is the value of a word, without quotes and escapes, and the text of
	// every other token.
	Text string
	// Quote is the quote around a word, or 0.
	Quote byte
}

// Kind is what a token is.
type Kind uint8

// The kinds of tokens.
const (
	Word    Kind = iota
	End          // ;
	Open         // {
	Close        // }
	Comment      // from # to the end of the line, which it does not include
	Code         // what is between the braces of a block of Lua
)

// Error is about a text that nginx does not read.
type Error struct {
	// Offset is where in the text it is.
	Offset int
	// Problem says what it is, without the place.
	Problem string
}

func (e *Error) Error() string { return e.Problem }

// Tokens returns the tokens of a text. The error is an [*Error]; the tokens
// before its place are returned, too.
func Tokens(text string) ([]Token, error) {
	l := lexer{text: text}
	if strings.HasPrefix(text, "\uFEFF") {
		return nil, &Error{0, "the file begins with a byte order mark; save it without"}
	}
	for l.at < len(text) {
		if err := l.next(); err != nil {
			return l.tokens, err
		}
	}
	return l.tokens, nil
}

type lexer struct {
	text   string
	at     int
	tokens []Token
	// first is the first word of the directive that is being read.
	first string
	words int
}

// next reads a token where a word may begin, or white space.
func (l *lexer) next() error {
	switch c := l.text[l.at]; c {
	case ' ', '\t', '\r', '\n':
		l.at++
	case ';':
		l.add(End, l.at+1)
		l.words = 0
	case '}':
		l.add(Close, l.at+1)
		l.words = 0
	case '{':
		lua := l.words > 0 && strings.HasSuffix(l.first, "_by_lua_block")
		l.add(Open, l.at+1)
		l.words = 0
		if lua {
			return l.lua()
		}
	case '#':
		end := len(l.text)
		if i := strings.IndexByte(l.text[l.at:], '\n'); i >= 0 {
			end = l.at + i
		}
		l.add(Comment, end)
	case '"', '\'':
		return l.quoted(c)
	default:
		l.bare()
	}
	return nil
}

func (l *lexer) add(kind Kind, end int) {
	l.tokens = append(l.tokens, Token{Kind: kind, Start: l.at, End: end, Text: l.text[l.at:end]})
	l.at = end
}

func (l *lexer) word(end int, value string, quote byte) {
	if l.words == 0 {
		l.first = value
	}
	l.words++
	l.tokens = append(l.tokens, Token{Kind: Word, Start: l.at, End: end, Text: value, Quote: quote})
	l.at = end
}

// bare reads a word without quotes.
func (l *lexer) bare() {
	i := l.at
	for ; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case ' ', '\t', '\r', '\n', ';':
			l.word(i, unescape(l.text[l.at:i]), 0)
			return
		case '{':
			if i == l.at || l.text[i-1] != '$' {
				l.word(i, unescape(l.text[l.at:i]), 0)
				return
			}
		case '\\':
			i++
		}
	}
	l.word(len(l.text), unescape(l.text[l.at:]), 0)
}

// quoted reads a word in quotes. White space, ; { or ) must follow it.
func (l *lexer) quoted(quote byte) error {
	for i := l.at + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case quote:
			l.word(i+1, unescape(l.text[l.at+1:i]), quote)
			if i++; i < len(l.text) && !strings.ContainsRune(" \t\r\n;{)", rune(l.text[i])) {
				return &Error{i, fmt.Sprintf("%q follows a string without a space", l.text[i])}
			}
			return nil
		}
	}
	return &Error{l.at, "a string is not ended"}
}

// unescape returns the value of a word: a backslash before a quote or a backslash
// is dropped, and \t, \r and \n mean what they do elsewhere; every other
// backslash is a part of the value.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if c := strings.IndexByte(`"'\trn`, s[i+1]); c >= 0 {
				b.WriteByte("\"'\\\t\r\n"[c])
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// lua reads the code of a block up to its }, which strings and comments of Lua do
// not end.
func (l *lexer) lua() error {
	depth := 1
	for i := l.at; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				if i > l.at {
					l.add(Code, i)
				}
				return nil
			}
		case '"', '\'':
			i = endOfString(l.text, i, c)
		case '-':
			if strings.HasPrefix(l.text[i:], "--") {
				i = endOfComment(l.text, i+2)
			}
		case '[':
			if end, ok := longBracket(l.text, i); ok {
				i = end
			}
		}
	}
	return &Error{l.at, "a block of Lua is not ended"}
}

// endOfString returns the offset of the quote that ends a string of Lua.
func endOfString(text string, i int, quote byte) int {
	for i++; i < len(text) && text[i] != quote && text[i] != '\n'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// endOfComment returns the offset of the last byte of a comment of Lua that has
// its text at i.
func endOfComment(text string, i int) int {
	if end, ok := longBracket(text, i); ok {
		return end
	}
	if n := strings.IndexByte(text[min(i, len(text)):], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// longBracket returns the offset of the last byte of a string such as [[…]] or
// [==[…]==].
func longBracket(text string, i int) (end int, ok bool) {
	if i >= len(text) || text[i] != '[' {
		return 0, false
	}
	level := 0
	for i++; i < len(text) && text[i] == '='; i++ {
		level++
	}
	if i >= len(text) || text[i] != '[' {
		return 0, false
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	n := strings.Index(text[i:], closing)
	if n < 0 {
		return len(text), true
	}
	return i + n + len(closing) - 1, true
}
