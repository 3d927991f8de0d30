package visible_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/visible"
)

func TestHidden(t *testing.T) {
	for _, r := range []rune{
		0, '\a', '\t', '\n', '\r', 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0x9f, // C0, DEL, C1
		0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069, // bidirectional controls
		0xad, 0x200b, 0x200d, 0x2060, 0xfeff, 0x2028, 0x2029, 0xe0041, 0xe007f, // zero width, separators, tags
		0x34f, 0x115f, 0x3164, 0xffa0, 0xfe00, 0xfe0f, 0xe0100, 0xe01ef, 0x180e, // fillers and variation selectors
	} {
		if !visible.Hidden(r) {
			t.Errorf("%U is not hidden", r)
		}
	}
	for _, r := range " ~aé日🦊→✓✗○…\u00a0\u0301\ufffd" {
		if visible.Hidden(r) {
			t.Errorf("%U is hidden", r)
		}
	}
}

func TestEscape(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "plain → é": "plain → é", "\x1b[31m": `\u001B[31m`, "a\nb\tc": `a\u000Ab\u0009c`, "\u202ex": `\u202Ex`, "\U000E0041": `\U000E0041`,
	} {
		if got := visible.Escape(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	for s, want := range map[string]string{
		"plain → é<": `"plain → é<"`, "\x7f": `"\u007f"`, "\u009b0m": `"\u009b0m"`, "a\u202eb": `"a\u202eb"`,
		"\U000E0041": `"\udb40\udc41"`, "\x1b": `"\u001b"`,
	} {
		var out bytes.Buffer
		e := json.NewEncoder(visible.JSON(&out))
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil || strings.TrimSpace(out.String()) != want {
			t.Errorf("%q: %s, want %s (%v)", s, &out, want, err)
		}
	}
	var out bytes.Buffer
	if err := json.NewEncoder(visible.JSON(&out)).Encode(json.RawMessage("\"\x9b\"")); err != nil || out.String() != `"\ufffd"`+"\n" {
		t.Errorf("%q, %v", &out, err)
	}
}

// FuzzJSON checks that escaping changes no value, and leaves nothing hidden.
func FuzzJSON(f *testing.F) {
	f.Add("\x1b[31m\u202e\u009b\x7f", []byte(`{"a":"\u0000","b":[1, 2]}`))
	f.Fuzz(func(t *testing.T, s string, raw []byte) {
		for _, v := range []any{s, map[string]any{s: s}, json.RawMessage(raw)} {
			plain, err := json.Marshal(v)
			if err != nil {
				continue
			}
			var out bytes.Buffer
			if n, err := visible.JSON(&out).Write(plain); n != len(plain) || err != nil {
				t.Fatal(n, err)
			}
			if strings.ContainsFunc(out.String(), visible.Hidden) {
				t.Fatalf("%q", &out)
			}
			var got, want any
			if err := json.Unmarshal(plain, &want); err != nil {
				continue // such as a number that no float64 holds
			}
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%q: %v", &out, err)
			}
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			if !bytes.Equal(a, b) {
				t.Fatalf("%s, want %s", a, b)
			}
		}
	})
}
