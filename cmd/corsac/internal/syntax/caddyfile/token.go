// Package caddyfile reads Caddyfiles: the same words, strings, blocks and comments
// that Caddy reads, each with its place in the file.
//
//   - [Tokens] splits a text, [Parse] also puts directives and blocks together.
//   - What is peculiar is as in Caddy's lexer: a # begins a comment only where a
//     word may begin, a string ends its word, only a quote is escaped in a string
//     in double quotes and nothing in one in backquotes, a backslash at the end of
//     a line continues it, and { and } are words of their own.
//   - It is pure, takes linear time, and the depth of blocks is bounded.
package caddyfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is a word of a file, from Start up to, not including, End. Between tokens
// are only white space, comments and backslashes that continue a line.
type Token struct {
	Start, End int
	// Text is the value, without quotes and escapes.
	Text string
	// Quote is the quote around it, < for a heredoc, or 0.
	Quote byte
	// line is that on which it begins, and end the one on which it ends. Lines
	// that are continued count as one.
	line, end int
}

// Error is about a text that Caddy does not read.
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
	if strings.HasPrefix(text, "\ufeff") {
		l.at = len("\ufeff")
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
	line   int
	tokens []Token
}

// next reads a token where a word may begin, or white space.
func (l *lexer) next() error {
	r, size := utf8.DecodeRuneInString(l.text[l.at:])
	switch {
	case r == '\n':
		l.line++
		l.at++
	case unicode.IsSpace(r):
		l.at += size
	case r == '#':
		l.comment()
	case r == '"', r == '`':
		return l.quoted(byte(r))
	case l.continued(l.at) > 0:
		l.at += l.continued(l.at)
	default:
		return l.bare()
	}
	return nil
}

// comment skips a comment up to the end of its line. A backslash at its end
// continues the line, too.
func (l *lexer) comment() {
	for l.at < len(l.text) && l.text[l.at] != '\n' {
		if n := l.continued(l.at); n > 0 {
			l.at += n
			return
		}
		if l.text[l.at] == '\\' {
			l.at++
			if l.at < len(l.text) && l.text[l.at] == '\n' {
				return
			}
		}
		l.at = min(l.at+1, len(l.text))
	}
}

// continued returns the length of a backslash and the end of a line after it; 0
// if there is none at i.
func (l *lexer) continued(i int) int {
	switch rest := l.text[i:]; {
	case strings.HasPrefix(rest, "\\\n"):
		return 2
	case strings.HasPrefix(rest, "\\\r\n"):
		return 3
	}
	return 0
}

func (l *lexer) add(end int, value string, quote byte) {
	first := l.line
	if quote != 0 {
		l.line += strings.Count(l.text[l.at:end], "\n")
	}
	l.tokens = append(l.tokens, Token{Start: l.at, End: end, Text: value, Quote: quote, line: first, end: l.line})
	l.at = end
}

// quoted reads a string. It ends the word, whatever follows.
func (l *lexer) quoted(quote byte) error {
	var value strings.Builder
	for i := l.at + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == quote:
			l.add(i+1, value.String(), quote)
			return nil
		case c == '\\' && quote == '"' && i+1 < len(l.text):
			if i++; l.text[i] != '"' {
				value.WriteByte('\\')
			}
			value.WriteByte(l.text[i])
		default:
			value.WriteByte(c)
		}
	}
	return &Error{l.at, "a string is not ended"}
}

// bare reads a word without quotes, or a heredoc.
func (l *lexer) bare() error {
	if strings.HasPrefix(l.text[l.at:], "<<") {
		return l.heredoc()
	}
	var value strings.Builder
	i := l.at
	for i < len(l.text) && l.continued(i) == 0 {
		r, size := utf8.DecodeRuneInString(l.text[i:])
		if unicode.IsSpace(r) {
			break
		}
		if r == '\\' && i+1 < len(l.text) {
			if l.text[i+1] != '<' {
				value.WriteByte('\\')
			}
			i++
			if r, size = utf8.DecodeRuneInString(l.text[i:]); unicode.IsSpace(r) {
				break
			}
		}
		value.WriteString(l.text[i : i+size])
		i += size
	}
	l.add(i, value.String(), 0)
	return nil
}

// heredoc reads <<NAME, lines, and NAME.
func (l *lexer) heredoc() error {
	name, _, ok := strings.Cut(l.text[l.at+2:], "\n")
	start := l.at + 2 + len(name) + 1
	name = strings.TrimRight(name, "\r")
	switch {
	case strings.HasPrefix(name, "<"), !ok && strings.ContainsAny(name, " \t"), name == "":
		return &Error{l.at, "a heredoc needs a name after <<"}
	case !ok: // the last word of the text
		l.add(len(l.text), l.text[l.at:], 0)
		return nil
	}
	n := strings.Index(l.text[start:], name)
	if n < 0 {
		return &Error{l.at, "a heredoc is not ended"}
	}
	end := start + n + len(name)
	body := l.text[start : start+n]
	last := strings.LastIndexByte(body, '\n') + 1
	padding := body[last:]
	var value strings.Builder
	for line := range strings.Lines(body[:last]) {
		value.WriteString(strings.ReplaceAll(strings.TrimPrefix(line, padding), "\r", ""))
	}
	l.add(end, value.String(), '<')
	return nil
}
