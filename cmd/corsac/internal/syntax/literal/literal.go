// Package literal knows what is alike in the literals of programming languages.
package literal

import (
	"strings"
	"unicode/utf8"
)

// maxDigits is how many digits the number of a character has, at most.
const maxDigits = 8

// Rune returns the character whose number has some digits in a base of at most 16.
// It is false for what is not a number or not a character: surrogates are not.
func Rune(digits string, base int) (r rune, ok bool) {
	if digits == "" || len(digits) > maxDigits {
		return 0, false
	}
	for _, c := range []byte(digits) {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		d := strings.IndexByte("0123456789abcdef", c)
		if d < 0 || d >= base || r > utf8.MaxRune {
			return 0, false
		}
		r = r*rune(base) + rune(d)
	}
	return r, utf8.ValidRune(r)
}
