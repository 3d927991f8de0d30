// Package visible says which characters people do not see as themselves, and
// escapes them: those that a terminal obeys, those that change the direction of
// text, and those that show nothing.
//
//   - [Hidden] is the one list. What is printed, and what is written as JSON,
//     depends on it.
//   - Escapes are for people, except those of [JSON]: the value of a JSON text
//     stays the same.
package visible

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// hidden are the characters of [Hidden]: C0, DEL and C1 (Cc); bidirectional
// controls, zero-width characters and tags (Cf); the separators of lines and
// paragraphs (Zl, Zp), which some programs obey; and whatever else shows
// nothing, such as variation selectors and Hangul fillers, in which text can be
// smuggled.
var hidden = []*unicode.RangeTable{
	unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
}

// Hidden reports whether people do not see r as itself. Newlines and tabs are
// hidden too.
func Hidden(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return unicode.IsOneOf(hidden, r)
}

// Escape returns s with hidden characters as \u001B or \U000E0041.
func Escape(s string) string {
	if !strings.ContainsFunc(s, Hidden) {
		return s
	}
	b := make([]byte, 0, len(s)+16)
	for _, r := range s {
		b = Append(b, r)
	}
	return string(b)
}

// Append appends r to b, escaped if it is hidden.
func Append(b []byte, r rune) []byte {
	switch {
	case !Hidden(r):
		return utf8.AppendRune(b, r)
	case r > 0xffff:
		return fmt.Appendf(b, `\U%08X`, r)
	}
	return fmt.Appendf(b, `\u%04X`, r)
}

// JSON returns a writer of JSON texts to w that escapes hidden characters as
// \u009b, and replaces invalid UTF-8 as readers of JSON do. Each Write must have
// whole characters, as those of encoding/json and log/slog do.
func JSON(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ io.Writer }

// Write implements [io.Writer].
func (w jsonWriter) Write(p []byte) (int, error) {
	if _, err := w.Writer.Write(escapeJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escapeJSON returns p itself if there is nothing to escape. Below DEL, only
// white space between values is left to escape, and that stays.
func escapeJSON(p []byte) []byte {
	var b []byte // nil until something is escaped
	start := 0   // p[start:] is not in b yet
	for i := 0; i < len(p); {
		if p[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 || Hidden(r) {
			b = append(b, p[start:i]...)
			start = i + size
			for _, unit := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, `\u%04x`, unit)
			}
		}
		i += size
	}
	if b == nil {
		return p
	}
	return append(b, p[start:]...)
}
