package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/internal/visible"
)

func TestDoor(t *testing.T) {
	for _, c := range []struct {
		writes []string
		want   string
	}{
		{[]string{"plain → é\n\ttab"}, "plain → é\n\ttab"},
		{[]string{"\x1b[31;1mred\x1b[0m"}, `\u001B[31;1mred\u001B[0m`}, // not ours
		{[]string{"a\rb\bc\x00\x7f"}, `a\u000Db\u0008c\u0000\u007F`},
		{[]string{"\u009b31m", "\x9b31m", "\u202e", "\U000E0041"}, `\u009B31m\u009B31m\u202E\U000E0041`},
		{[]string{"\xe9\xff"}, "éÿ"}, // bytes that are not UTF-8
		{[]string{"\xe2", "\x86\x92"}, "→"},
		{[]string{"\xe2\x86", "\x92", "x"}, "→x"},
		{[]string{"\xf0\x9f\xa6", "x"}, `ð\u009F¦x`},
		{[]string{"\xf0\x9f"}, `ð\u009F`},
		{[]string{"\xc2", "\x9b", "m"}, `\u009Bm`},
		{[]string{coloured.Bad("x")}, "\x1b[31;1mx\x1b[0m"},
		{[]string{coloured.Good("x") + coloured.Notice("x") + coloured.Strong("x") + coloured.Faint("x")}, "\x1b[32;1mx\x1b[0m\x1b[33;1mx\x1b[0m\x1b[1mx\x1b[0m\x1b[2mx\x1b[0m"},
		{[]string{coloured.Bad("\x1b[0m")}, "\x1b[31;1m\\u001B[0m\x1b[0m"},
		{[]string{string(seal) + "z"}, ""}, // no style
		{[]string{string(seal)}, `\u0000` + string(seal[1:])},
		{[]string{"at http://alice:hunter2@host/ x"}, "at http://a...:h...@host/ x"},
		{[]string{""}, ""},
	} {
		var out bytes.Buffer
		d := NewDoor(&out)
		for _, w := range c.writes {
			if n, err := d.Write([]byte(w)); n != len(w) || err != nil {
				t.Errorf("%q: %d, %v", w, n, err)
			}
		}
		if err := d.Close(); err != nil || out.String() != c.want {
			t.Errorf("%q: %q, want %q (%v)", c.writes, &out, c.want, err)
		}
	}
	if d := NewDoor(new(bytes.Buffer)); NewDoor(d) != d {
		t.Error("a door in a door")
	}
}

// TestPalette checks that colours need a door, and that NO_COLOR is obeyed.
func TestPalette(t *testing.T) {
	var out bytes.Buffer
	env := func(vars string) func(string) string {
		return func(name string) string {
			_, after, _ := strings.Cut(" "+vars, " "+name+"=")
			value, _, _ := strings.Cut(after, " ")
			return value
		}
	}
	for _, c := range []struct {
		palette Palette
		want    bool
	}{
		{NewPalette(&out, env("CLICOLOR_FORCE=1")), false},
		{NewPalette(NewDoor(&out), env("CLICOLOR_FORCE=1")), true},
		{NewPalette(NewDoor(&out), env("CLICOLOR_FORCE=1 NO_COLOR=1")), false},
		{NewPalette(NewDoor(&out), env("")), false},
	} {
		if got := c.palette.Bad("x") != "x"; got != c.want {
			t.Errorf("coloured: %t, want %t", got, c.want)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestDoorFails(t *testing.T) {
	d := NewDoor(failing{})
	if _, err := fmt.Fprint(d, "x"); err == nil {
		t.Error("no error")
	}
	if _, err := fmt.Fprint(d, "\xe2"); err == nil {
		t.Error("no error")
	}
	if d.Close() == nil {
		t.Error("no error")
	}
}

// FuzzDoor checks that nothing passes raw, wherever the text is split, and that
// text of our own passes as it is.
func FuzzDoor(f *testing.F) {
	f.Add([]byte("a\x1b[31m\xe2\x86\x92\u202e\xf0\x9f"), uint8(5))
	f.Add(append(append([]byte("x"), seal...), 'r'), uint8(9))
	f.Fuzz(func(t *testing.T, text []byte, at uint8) {
		if bytes.Contains(text, seal) {
			return
		}
		n := min(int(at), len(text))
		var out, whole bytes.Buffer
		d := NewDoor(&out)
		_, _ = d.Write(text[:n])
		_, _ = d.Write(text[n:])
		_ = d.Close()
		w := NewDoor(&whole)
		_, _ = w.Write(text)
		_ = w.Close()
		for _, got := range []string{out.String(), whole.String()} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && r != '\t' && visible.Hidden(r) }) {
				t.Fatalf("%q", got)
			}
		}
		if !bytes.ContainsAny(text, "@%") && out.String() != whole.String() {
			t.Fatalf("%q, but at once %q", &out, &whole)
		}
		if utf8.Valid(text) && !bytes.ContainsAny(text, "@%") && visible.Escape(strings.NewReplacer("\n", "", "\t", "").Replace(string(text))) != strings.NewReplacer("\n", "", "\t", "").Replace(whole.String()) {
			t.Fatalf("%q of %q", &whole, text)
		}
	})
}

func BenchmarkDoor(b *testing.B) {
	text := bytes.Repeat([]byte("  ✓ access-control-allow-origin: https://app.example.com\n"), 100)
	d := NewDoor(new(nowhere))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_, _ = d.Write(text)
	}
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
