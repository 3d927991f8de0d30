package accesslog

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/internal/visible"
)

// Bounds of values, in bytes before they are escaped.
const (
	maxMethod = 32
	maxName   = 256 // of hosts and origins
	maxTarget = 1024
)

const secondFormat = "2006-01-02T15:04:05"

// stamps writes times. It keeps the text of the second, which many lines have in common.
type stamps struct {
	second int64
	text   []byte
}

// append appends a time, to the millisecond.
func (s *stamps) append(b []byte, t time.Time) []byte {
	if second := t.Unix(); second != s.second || s.text == nil {
		s.second, s.text = second, t.UTC().AppendFormat(s.text[:0], secondFormat)
	}
	ms := t.Nanosecond() / 1e6
	return append(append(b, s.text...), '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z')
}

// appendLine appends the line of a request. The order of the fields is the order in
// which people read them.
func appendLine(b []byte, e *Entry, query bool, times *stamps) []byte {
	b = append(b, `{"time":"`...)
	b = times.append(b, e.Time)
	b = append(b, '"')
	b = appendField(b, "client", e.Client, maxName)
	b = appendField(b, "method", e.Method, maxMethod)
	b = appendField(b, "host", e.Host, maxName)
	target := e.Target
	if i := strings.IndexByte(target, '?'); i >= 0 && !query {
		target = target[:i]
	}
	b = appendField(b, "path", target, maxTarget)
	b = appendField(b, "route", e.Route, maxTarget)
	b = appendField(b, "policy", e.Policy, maxName)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, e.Bytes, 10)
	b = appendSeconds(b, "duration", e.Duration)
	if e.Upstream > 0 {
		b = appendSeconds(b, "upstream", e.Upstream)
	}
	b = appendField(b, "protocol", e.Protocol, maxMethod)
	b = appendField(b, "origin", e.Origin, maxName)
	b = appendField(b, "kind", e.Kind, maxMethod)
	if e.Judged {
		b = append(b, `,"allowed":`...)
		b = strconv.AppendBool(b, e.Allowed)
		b = appendField(b, "reason", e.Reason, maxName)
	}
	b = appendField(b, "answer", e.Answer, maxName)
	if e.Aborted {
		b = append(b, `,"aborted":true`...)
	}
	return append(b, "}\n"...)
}

// appendSeconds appends a duration in seconds, to the microsecond.
func appendSeconds(b []byte, name string, d time.Duration) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	us := d.Round(time.Microsecond).Microseconds()
	b = append(strconv.AppendInt(b, us/1e6, 10), '.')
	fraction := len(b)
	b = strconv.AppendInt(b, 1e6+us%1e6, 10) // with its zeros
	return append(b[:fraction], b[fraction+1:]...)
}

// appendField appends a text, unless it is empty. What is longer than most bytes is
// cut, with "…" at its end.
func appendField(b []byte, name, text string, most int) []byte {
	if text == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	rest := ""
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text, rest = text[:most], "…"
	}
	if isPlain(text) {
		b = append(b, text...)
	} else {
		b = appendEscaped(b, text)
	}
	return append(append(b, rest...), '"')
}

// isPlain reports whether JSON has a text as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendEscaped appends a text with escapes for what JSON does not have as it is, and
// for what people do not see. Invalid UTF-8 becomes U+FFFD, as readers of JSON have
// it.
func appendEscaped(b []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case !visible.Hidden(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = appendUnit(appendUnit(b, high), low)
		default:
			b = appendUnit(b, r)
		}
	}
	return b
}

func appendUnit(b []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
