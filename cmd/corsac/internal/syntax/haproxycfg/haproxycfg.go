// Package haproxycfg reads configuration files of HAProxy: the same words that
// HAProxy reads in each line, in sections, with their places.
//
//   - A # outside of quotes begins a comment anywhere; a backslash escapes the next
//     character; nothing is special in single quotes; in double quotes a dollar
//     begins a variable of the environment.
//   - It is pure and takes linear time.
package haproxycfg

import "strings"

// Word is a word of a line.
type Word struct {
	Start, End int
	// Text is the value, without quotes and escapes. A variable of the environment
	// is a part of it as it is in the file, and Variable says that there is one.
	Text     string
	Variable bool
}

// Line is a line with words.
type Line struct {
	Words []Word
	// Start is the offset of the first word, and End that after the last one.
	Start, End int
}

// Word returns the text of a word; "" if there are fewer.
func (l *Line) Word(i int) string {
	if i < 0 || i >= len(l.Words) {
		return ""
	}
	return l.Words[i].Text
}

// Section is a line such as frontend web, and the lines up to the next section.
type Section struct {
	Line

	Lines []*Line
}

// Error is about a text that HAProxy does not read.
type Error struct {
	// Offset is where in the text it is.
	Offset int
	// Problem says what it is, without the place.
	Problem string
}

func (e *Error) Error() string { return e.Problem }

// keywords begin a section.
var keywords = map[string]bool{
	"global": true, "defaults": true, "frontend": true, "backend": true, "listen": true, "peers": true, "resolvers": true, "userlist": true,
	"mailers": true, "program": true, "http-errors": true, "cache": true, "ring": true, "log-forward": true, "fcgi-app": true, "crt-store": true, "traces": true,
}

// Parse returns the sections of a text. Lines before the first one are in a
// section without a name. The error is an [*Error]; what is before its place is
// returned, too.
func Parse(text string) ([]*Section, error) {
	section := &Section{}
	sections := []*Section{section}
	at := 0
	if strings.HasPrefix(text, "\ufeff") {
		at = len("\ufeff")
	}
	for at < len(text) {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		words, err := words(text, at, end)
		if err != nil {
			return sections, err
		}
		if len(words) > 0 {
			line := Line{words, words[0].Start, words[len(words)-1].End}
			if keywords[words[0].Text] {
				section = &Section{Line: line}
				sections = append(sections, section)
			} else {
				section.Lines = append(section.Lines, &line)
			}
		}
		at = end + 1
	}
	return sections, nil
}

// words returns the words of a line.
func words(text string, at, end int) (list []Word, err error) {
	l := lexer{text: text, end: end}
	for at < end {
		switch text[at] {
		case ' ', '\t', '\r':
			at++
		case '#':
			return list, nil
		default:
			w, err := l.word(at)
			if err != nil {
				return list, err
			}
			list = append(list, w)
			at = w.End
		}
	}
	return list, nil
}

type lexer struct {
	text string
	end  int
}

// word reads a word that begins at an offset.
func (l *lexer) word(start int) (Word, error) {
	w := Word{Start: start}
	var value strings.Builder
	quote, opened := byte(0), start
	i := start
	for ; i < l.end; i++ {
		c := l.text[i]
		switch {
		case quote == 0 && strings.IndexByte(" \t\r#", c) >= 0:
			w.End, w.Text = i, value.String()
			return w, nil
		case quote == 0 && (c == '"' || c == '\''):
			quote, opened = c, i
		case c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			n := l.escape(&value, i, quote)
			i += n - 1
		default:
			w.Variable = w.Variable || c == '$' && quote == '"'
			value.WriteByte(c)
		}
	}
	w.End, w.Text = i, value.String()
	if quote != 0 {
		return w, &Error{opened, "a string is not ended"}
	}
	return w, nil
}

// escape writes what a backslash at i stands for, and returns how many bytes that
// is in the text.
func (l *lexer) escape(value *strings.Builder, i int, quote byte) int {
	if i+1 >= l.end {
		value.WriteByte('\\')
		return 1
	}
	c := l.text[i+1]
	switch {
	case quote == 0 && strings.IndexByte(" #'", c) >= 0, strings.IndexByte(`\"`, c) >= 0, quote == '"' && c == '$':
		value.WriteByte(c)
	case quote == 0 && c == 'n':
		value.WriteByte('\n')
	case quote == 0 && c == 'r':
		value.WriteByte('\r')
	case quote == 0 && c == 't':
		value.WriteByte('\t')
	case c == 'x' && i+3 < l.end && hex(l.text[i+2]) >= 0 && hex(l.text[i+3]) >= 0:
		value.WriteByte(byte(hex(l.text[i+2])<<4 | hex(l.text[i+3])))
		return 4
	default:
		value.WriteByte('\\')
		value.WriteByte(c)
	}
	return 2
}

func hex(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
