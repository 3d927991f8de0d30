package apacheconf

import (
	"fmt"
	"strings"
	"testing"
)

func shown(list []*Directive) string {
	var b strings.Builder
	for _, d := range list {
		if d.Section {
			b.WriteByte('<')
		}
		b.WriteString(d.Name.Text)
		for _, w := range d.Args {
			fmt.Fprintf(&b, " [%s]", w.Text)
		}
		if d.Section {
			b.WriteString("> " + shown(d.Children) + "</>")
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), " ")
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"A b c\nD":                             "A [b] [c]; D;",
		" # x \\\n y\nA b#c # d":               "A [b#c] [#] [d];",
		"A \"b \\\" c\" 'd' e\\.f":             `A [b " c] [d] [e\.f];`,
		"A \"\\.x\\\\y\"":                      `A [\.x\y];`,
		"A b \\\n  c\nD":                       "A [b] [c]; D;",
		"A b \\\r\n  c\r\nD\r\n":               "A [b] [c]; D;",
		"A \"b \\\nc\"":                        "A [b c];",
		"<V *:80>\n A\n <L />\n </L>\n</v>\nB": "<V [*:80]> A; <L [/]> </>;</>; B;",
		"<If \"%{A} == 'b'\">\nA\n</If>":       "<If [%{A} == 'b']> A;</>;",
		"\ufeffA":                              "A;",
		"A \"b":                                "A [b];",
		"A \"b\"c":                             "A [b] [c];",
	} {
		list, err := Parse(text)
		if got := shown(list); got != want || err != nil {
			t.Errorf("%q: %s %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{"<A>\n": "<A> is not ended", "A\n</B>": "</B> has no section to end", "<A>\n</B>": "</B> has no section to end", strings.Repeat("<A>\n", 200): "sections are too deep"} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// FuzzParse checks that directives and words are in order, and in their text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"A \"b\" 'c' \\\n d\n", "<A b>\n# c\nD e\n</A>\n", "A \\", "<", "</", "<>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := Parse(text)
		var walk func(list []*Directive)
		walk = func(list []*Directive) {
			at := 0
			for _, d := range list {
				if d.Start < at || d.End > len(text) || d.End < d.Start {
					t.Fatalf("%q: %+v", text, d)
				}
				word := d.Name.End
				for _, w := range d.Args {
					if w.Start < word || w.End <= w.Start || w.End > len(text) {
						t.Fatalf("%q: %+v", text, d)
					}
					word = w.End
				}
				walk(d.Children)
				at = d.Start + 1
			}
		}
		walk(list)
	})
}
