package har

import (
	"errors"
	"io"
)

// errLongLiteral is the error for a number, or a word, that is too long.
var errLongLiteral = errors.New("a number in it is too long")

// shortener reads JSON with the ends of long strings and runs of blanks left out,
// so that json.Decoder, which keeps a whole token in memory, needs little. It
// does not check the syntax.
type shortener struct {
	io.Reader

	in     byte // what the last byte belongs to: '"' a string, ' ' blanks, '0' a literal, 0 anything else
	size   int  // bytes of the string, blanks or literal so far
	escape bool // the last byte of a string was a backslash that begins an escape
	digits int  // how many more bytes belong to an escape such as \u001b
	cut    bool // the rest of the string is left out

	written int64
	dropped []drop
	err     error
}

// drop is a place from which bytes were left out: the number of bytes written
// before, and of all bytes left out until then.
type drop struct{ at, bytes int64 }

// Read implements io.Reader.
func (s *shortener) Read(b []byte) (int, error) {
	for s.err == nil {
		n, err := s.Reader.Read(b)
		s.err = err
		if n = s.shorten(b[:n]); n > 0 {
			return n, nil
		}
	}
	return 0, s.err
}

// shorten moves what stays to the beginning of b, and returns its length.
func (s *shortener) shorten(b []byte) int {
	n := 0
	for _, c := range b {
		if !s.stays(c) {
			s.drop()
			continue
		}
		b[n] = c
		n++
		s.written++
	}
	if s.in == '0' && s.size > maxLiteral {
		s.err = errLongLiteral
	}
	return n
}

// stays reports whether the next byte stays.
func (s *shortener) stays(c byte) bool {
	if s.in == '"' {
		return s.inString(c)
	}
	kind := byte('0')
	switch c {
	case '"':
		s.escape, s.digits, s.cut = false, 0, false
		kind = '"'
	case ' ', '\t', '\n', '\r':
		kind = ' '
	case '{', '}', '[', ']', ',', ':':
		kind = 0
	}
	if kind != s.in {
		s.in, s.size = kind, 0
	}
	s.size++
	return kind != ' ' || s.size <= maxBlanks
}

// inString is stays in a string. An escape stays whole, or not at all.
func (s *shortener) inString(c byte) bool {
	s.size++
	switch {
	case s.escape:
		s.escape = false
		if c == 'u' {
			s.digits = 4
		}
	case c == '"':
		s.in = 0
		return true
	case s.digits > 0:
		s.digits--
	default:
		s.cut = s.cut || s.size > maxString
		s.escape = c == '\\'
	}
	return !s.cut
}

// drop counts a byte that does not stay.
func (s *shortener) drop() {
	last := len(s.dropped) - 1
	switch {
	case last >= 0 && s.dropped[last].at == s.written:
		s.dropped[last].bytes++
	case last >= 0:
		s.dropped = append(s.dropped, drop{s.written, s.dropped[last].bytes + 1})
	default:
		s.dropped = append(s.dropped, drop{s.written, 1})
	}
}

// offset returns the offset in the file of an offset in what was read.
func (s *shortener) offset(at int64) int64 {
	before := int64(0)
	for _, d := range s.dropped {
		if d.at > at {
			break
		}
		before = d.bytes
	}
	return at + before
}
