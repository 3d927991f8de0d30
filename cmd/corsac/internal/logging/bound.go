package logging

import (
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"
)

// Bounds of a value in a line, in bytes.
const (
	maxValue = 512
	maxStack = 8 << 10 // of goroutines, which contain nothing from outside
)

// stack is what goroutines were doing.
type stack string

// bounded bounds the text of an attribute, and gives durations a unit, which they do
// not have in JSON. It is the ReplaceAttr of all logs.
func bounded(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(short(a.Value.String(), maxValue))
	case slog.KindDuration:
		a.Value = slog.StringValue(a.Value.Duration().Round(time.Microsecond).String())
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
