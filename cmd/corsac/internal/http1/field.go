// Package http1 reads and writes the HTTP/1.1 of a client (RFC 9112): it appends
// requests to bytes, and finds responses in bytes. It does no I/O.
//
// It is strict, because two readings of one message are what request smuggling
// and response splitting are made of: where the standard lets a recipient repair
// or guess, it returns an error. Everything that it reads is bounded.
package http1

import (
	"errors"
	"iter"
	"net/textproto"
	"strings"
)

// Field is a line of a header or of a trailer section (RFC 9110 §5).
type Field struct {
	// Name is in the form of [textproto.CanonicalMIMEHeaderKey] in what has been
	// read.
	Name string
	// Value has no whitespace around it in what has been read.
	Value string
}

// class says where a byte may be.
type class uint8

const (
	inToken  class = 1 << iota // RFC 9110 §5.6.2
	inValue                    // RFC 9110 §5.5: field-vchar, SP and HTAB
	inTarget                   // any byte that cannot end a request target
)

var classes = func() (c [256]class) {
	for b := range c {
		if b > ' ' && b != 0x7f {
			c[b] |= inValue | inTarget
		}
		if b > ' ' && b < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(b)) {
			c[b] |= inToken
		}
	}
	c[' '] |= inValue
	c['\t'] |= inValue
	return c
}()

// only reports whether all bytes of s are of a class.
func only(s string, c class) bool {
	for i := range len(s) {
		if classes[s[i]]&c == 0 {
			return false
		}
	}
	return true
}

// IsToken reports whether s is a token, which names of fields and methods are
// (RFC 9110 §5.6.2).
func IsToken(s string) bool { return s != "" && only(s, inToken) }

// IsValue reports whether s may be the value of a field (RFC 9110 §5.5): it has
// no control character but HTAB, and so no CR, LF and NUL.
func IsValue(s string) bool { return only(s, inValue) }

var (
	errNoColon = errors.New("a line of the header has no colon")
	errName    = errors.New("the name of a field is not valid")
	errValue   = errors.New("the value of a field is not valid")
)

// parseField reads a line without its end (RFC 9112 §5). There is no whitespace
// before the colon, and a line is not continued in the next.
func parseField(line string) (Field, error) {
	name, value, ok := strings.Cut(line, ":")
	switch {
	case !ok:
		return Field{}, errNoColon
	case !IsToken(name):
		return Field{}, errName
	case !IsValue(value):
		return Field{}, errValue
	}
	return Field{textproto.CanonicalMIMEHeaderKey(name), textproto.TrimString(value)}, nil // it has neither CR nor LF
}

// Elements returns the elements of a field whose value is a list of tokens (RFC
// 9110 §5.6.1), without empty ones.
func Elements(fields []Field, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range fields {
			if f.Name != name {
				continue
			}
			for e := range strings.SplitSeq(f.Value, ",") {
				if e = strings.Trim(e, " \t"); e != "" && !yield(e) {
					return
				}
			}
		}
	}
}
