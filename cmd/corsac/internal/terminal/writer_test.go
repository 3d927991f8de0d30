package terminal

import (
	"strings"
	"testing"
)

var coloured = Palette{colours: true}

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "日本": 4, "👩‍👩‍👧": 2, coloured.Bad("red"): 3, string(seal): 0,
	} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestParagraph(t *testing.T) {
	for _, test := range []struct {
		width             int
		label, text, want string
	}{
		{0, "note: ", "as long as it is", "note: as long as it is\n"},
		{30, "note: ", "one two three four five six seven", "note: one two three four five\n      six seven\n"},
		{30, coloured.Strong("x") + " ", "日本語日本語 日本語日本語日本", coloured.Strong("x") + " 日本語日本語\n  日本語日本語日本\n"},
		{20, "a label: ", "too narrow to be wrapped", "a label: too narrow to be wrapped\n"},
	} {
		var out strings.Builder
		(&Writer{Out: &out, Width: test.width}).Paragraph(test.label, test.text)
		if out.String() != test.want {
			t.Errorf("width %d: %q, want %q", test.width, out.String(), test.want)
		}
	}
}
