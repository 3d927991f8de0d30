package python

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/literal"
)

// prefixes are those of strings, in lower case.
var prefixes = map[string]bool{
	"r": true, "u": true, "b": true, "br": true, "rb": true,
	"f": true, "fr": true, "rf": true, "t": true, "tr": true, "rt": true,
}

// str emits the string whose prefix begins at start and whose quote is at i.
func (t *tokenizer) str(start, i int) int {
	end, ok := stringEnd(t.text, start, i, 0)
	t.broken = t.broken || !ok
	t.emit(Text, start, end)
	return end
}

// quotes returns the quotes that begin at i: one or three.
func quotes(text string, i int) string {
	if three := text[i:min(i+3, len(text))]; three == `"""` || three == `'''` {
		return three
	}
	return text[i : i+1]
}

// stringEnd returns where a string ends whose prefix begins at start and whose
// quote is at i. It is false if it does not end before the end of its line.
func stringEnd(text string, start, i, depth int) (end int, ok bool) {
	prefix := strings.ToLower(text[start:i])
	s := stringScanner{
		text: text, quote: quotes(text, i), depth: depth,
		raw: strings.Contains(prefix, "r"), format: strings.ContainsAny(prefix, "ft"),
	}
	return s.literal(i+len(s.quote), false)
}

// stringScanner finds the end of a string.
type stringScanner struct {
	text, quote string
	raw, format bool
	depth       int // of strings and fields around
}

// literal reads from i to after the closing quotes or, in the format of a field,
// to the brace that closes it.
func (s *stringScanner) literal(i int, inFormat bool) (end int, ok bool) {
	for i < len(s.text) {
		c := s.text[i]
		switch {
		case inFormat && c == '}':
			return i, true
		case strings.HasPrefix(s.text[i:], s.quote):
			return i + len(s.quote), !inFormat
		case c == '\\':
			i = s.escape(i)
		case (c == '\n' || c == '\r') && len(s.quote) == 1:
			return i, false
		case s.format && !inFormat && (strings.HasPrefix(s.text[i:], "{{") || strings.HasPrefix(s.text[i:], "}}")):
			i += 2
		case s.format && c == '{':
			if i, ok = s.field(i + 1); !ok {
				return i, false
			}
		default:
			i++
		}
	}
	return len(s.text), false
}

// escape returns where to go on after a backslash at i. Before a brace it is one
// by itself, except in \N{…}.
func (s *stringScanner) escape(i int) int {
	rest := s.text[i+1:]
	switch {
	case rest == "":
		return i + 1
	case s.format && (rest[0] == '{' || rest[0] == '}'):
		return i + 1
	case s.format && !s.raw && strings.HasPrefix(rest, "N{"):
		return i + 3
	case rest[0] == '\r' && strings.HasPrefix(rest, "\r\n"):
		return i + 3
	default:
		return i + 2
	}
}

// field reads the expression of a field of an f-string from i to after the brace
// that closes it. Since Python 3.12, it can have strings with the same quotes.
func (s *stringScanner) field(i int) (end int, ok bool) {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth > maxDepth {
		return len(s.text), false
	}
	var open []byte
	for word := i; i < len(s.text); {
		c := s.text[i]
		switch {
		case nameByte(c):
			i++
			continue
		case c == '"' || c == '\'':
			begin := i
			if prefixes[strings.ToLower(s.text[word:i])] {
				begin = word
			}
			if i, ok = stringEnd(s.text, begin, i, s.depth); !ok {
				return i, false
			}
		case c == '#':
			i = endOfLine(s.text, i)
		case c == ':' && len(open) == 0:
			if i, ok = s.literal(i+1, true); !ok {
				return i, false
			}
		case closing[c] != 0:
			open = append(open, closing[c])
			i++
		case c == '}' && len(open) == 0:
			return i + 1, true
		case strings.IndexByte(")]}", c) >= 0:
			if len(open) == 0 || open[len(open)-1] != c {
				return i, false
			}
			open = open[:len(open)-1]
			i++
		default:
			i++
		}
		word = i
	}
	return len(s.text), false
}

// value returns what a string literal stands for. It is false for bytes, for
// f-strings that have values in them, and for escapes by name.
func value(literal string) (string, bool) {
	i := strings.IndexAny(literal, `"'`)
	if i < 0 {
		return "", false
	}
	prefix, quote := strings.ToLower(literal[:i]), quotes(literal, i)
	rest := literal[i+len(quote):]
	if !strings.HasSuffix(rest, quote) || strings.Contains(prefix, "b") || strings.Contains(prefix, "t") {
		return "", false
	}
	body := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimSuffix(rest, quote))
	if strings.Contains(prefix, "f") {
		bare := strings.NewReplacer("{{", "", "}}", "").Replace(body)
		if strings.ContainsAny(bare, "{}") {
			return "", false
		}
		body = strings.NewReplacer("{{", "{", "}}", "}").Replace(body)
	}
	if strings.Contains(prefix, "r") {
		return body, true
	}
	return unescape(body)
}

// simpleEscapes are those of one character.
var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

func unescape(body string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			b.WriteByte(body[i])
			continue
		}
		i++
		c := body[i]
		if s, ok := simpleEscapes[c]; ok {
			b.WriteString(s)
			continue
		}
		width, base := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16
		begin := i + 1
		switch {
		case c == 'N':
			return "", false
		case '0' <= c && c <= '7':
			begin, base = i, 8
			for width < 3 && begin+width < len(body) && '0' <= body[begin+width] && body[begin+width] <= '7' {
				width++
			}
		case width == 0: // not an escape
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		if begin+width > len(body) {
			return "", false
		}
		r, ok := literal.Rune(body[begin:begin+width], base)
		if !ok {
			return "", false
		}
		b.WriteRune(r)
		i = begin + width - 1
	}
	return b.String(), true
}
