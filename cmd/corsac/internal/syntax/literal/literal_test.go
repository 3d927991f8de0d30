package literal_test

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/literal"
)

// TestRune checks which digits are the number of a character.
func TestRune(t *testing.T) {
	for _, x := range []struct {
		digits string
		base   int
		want   rune
	}{
		{"41", 16, 'A'},
		{"e9", 16, 'é'},
		{"E9", 16, 'é'},
		{"101", 8, 'A'},
		{"0010ffff", 16, 0x10ffff},
		{"", 16, -1},
		{"4g", 16, -1},
		{"8", 8, -1},
		{"d800", 16, -1},
		{"00110000", 16, -1},
		{"ffffffff", 16, -1},
		{"000000041", 16, -1},
		{"\x11", 16, -1},
		{"4 ", 16, -1},
	} {
		r, ok := literal.Rune(x.digits, x.base)
		if ok != (x.want >= 0) || ok && r != x.want {
			t.Errorf("Rune(%q, %d) = %q, %v; want %q", x.digits, x.base, r, ok, x.want)
		}
	}
}
