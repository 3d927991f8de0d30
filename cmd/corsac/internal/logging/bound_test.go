package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

// parts are what values are made of.
var parts = []string{
	"a", "https://evil.example", " ", "=", `"`, `\`, `\u009b`, "é", "日本", "🦊", "\x1b]0;owned\x07", "\x1b[2J", "\x00", "\x7f", "\u0085", "\u009b31m",
	"\u202e", "\u2066", "\u2028", "\u2029", "\u200b", "\ufeff", "\U000e0041", "\xff", "\xc3", "\xed\xa0\x80", "\n", "\r\nlevel=ERROR msg=forged", "\t", "{}",
	strings.Repeat("x", 511), strings.Repeat("é", 300), strings.Repeat("\x1b", 600), strings.Repeat("y", 64<<10),
}

// TestValues logs random values in every place of a line that can have one.
func TestValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		var value string
		for range random.IntN(6) {
			value += parts[random.IntN(len(parts))]
		}
		checkValue(t, value)
	}
}

// FuzzValue does the same with any value.
func FuzzValue(f *testing.F) {
	for _, value := range parts {
		f.Add(value[:min(len(value), 600)])
	}
	f.Fuzz(func(t *testing.T, value string) { checkValue(t, value) })
}

// checkValue logs a value in each place, in both formats.
func checkValue(t *testing.T, value string) {
	t.Helper()
	for _, format := range []bool{false, true} {
		var b bytes.Buffer
		l := logging.New(&b, logging.Options{JSON: format, Level: slog.LevelDebug})
		l.Info(value)
		l.Info("m", "origin", value)
		l.With("target", value).WithGroup("g").Info("m", slog.Group("h", "reason", errors.New(value)), "any", []string{value})
		logging.Standard(l.Logger).Print(value)
		l.Close()
		checkLines(t, b.String(), format)
	}
}

func checkLines(t *testing.T, text string, isJSON bool) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 {
		t.Errorf("%d lines: %q", len(lines), text)
	}
	for _, line := range lines {
		// Each byte of a value takes at most 6 bytes, as \u001b does; three values.
		if len(line) > 3*6*600+300 {
			t.Errorf("%d bytes: %.100q", len(line), line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("not escaped: %q", line)
		}
		if isJSON && !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %q", line)
		}
	}
}

// TestValueIsKept checks that short values say what they said.
func TestValueIsKept(t *testing.T) {
	for _, value := range parts {
		if len(value) > 512 {
			continue
		}
		var b bytes.Buffer
		logging.New(&b, logging.Options{JSON: true}).Info("m", "v", value)
		var line struct{ V string }
		if err := json.Unmarshal(b.Bytes(), &line); err != nil || line.V != strings.ToValidUTF8(value, "\ufffd") && !strings.Contains(value, "\xed") {
			t.Errorf("%q: %q, %v", value, line.V, err)
		}
	}
}

// TestLongValue checks that a line says how much it leaves out.
func TestLongValue(t *testing.T) {
	var b bytes.Buffer
	logging.New(&b, logging.Options{}).Warn("m", "reason", errors.New("x"+strings.Repeat("é", 3<<19)))
	if want := "é… (3145218 more bytes)\"\n"; !strings.HasSuffix(b.String(), want) || b.Len() > 700 {
		t.Errorf("%.100q, want %q at the end", b.String()[max(0, b.Len()-100):], want)
	}
}

// TestDuration checks that a duration has its unit, in both formats.
func TestDuration(t *testing.T) {
	for isJSON, want := range map[bool]string{false: " took=1.5ms ", true: `"took":"1.5ms"`} {
		var b bytes.Buffer
		logging.New(&b, logging.Options{JSON: isJSON}).Info("m", "took", 1500*time.Microsecond, "x", 1)
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s, want %s", b.String(), want)
		}
	}
}
