package logging

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of a value in a line, in bytes.
const (
	maxValue = 512
	maxStack = 8 << 10 // of goroutines, which contain nothing from outside
)

// stack is what goroutines were doing.
type stack string

// bounded bounds the text of an attribute. It is the ReplaceAttr of all logs.
func bounded(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(short(a.Value.String(), maxValue))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case slog.Level, *slog.Source: // of the line itself
		case stack:
			a.Value = slog.StringValue(short(string(v), maxStack))
		default: // errors, mostly
			a.Value = slog.StringValue(short(fmt.Sprint(v), maxValue))
		}
	}
	return a
}

// short returns at most limit bytes of s, and how many it leaves out.
func short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d more bytes)", s[:end], len(s)-end)
}

// escaper escapes what slog leaves as it is, although terminals may obey it:
// DEL, C1 control characters, and characters that change the direction of text.
// Both formats of slog can have these only within values, where \u009b means
// the same in JSON and in a quoted Go string.
type escaper struct{ w io.Writer }

// Write writes a line.
func (e *escaper) Write(line []byte) (int, error) {
	safe := line
	if bytes.ContainsFunc(line, obeyed) {
		safe = nil
		for _, r := range string(line) {
			switch {
			case !obeyed(r):
				safe = utf8.AppendRune(safe, r)
			case r > 0xffff:
				high, low := utf16.EncodeRune(r)
				safe = fmt.Appendf(safe, `\u%04x\u%04x`, high, low)
			default:
				safe = fmt.Appendf(safe, `\u%04x`, r)
			}
		}
	}
	if _, err := e.w.Write(safe); err != nil {
		return 0, err
	}
	return len(line), nil
}

func obeyed(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029')
}
