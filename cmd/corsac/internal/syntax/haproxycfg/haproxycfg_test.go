package haproxycfg

import (
	"fmt"
	"strings"
	"testing"
)

func shown(sections []*Section) string {
	var b strings.Builder
	line := func(l *Line) {
		for _, w := range l.Words {
			fmt.Fprintf(&b, "[%s]", w.Text)
			if w.Variable {
				b.WriteByte('$')
			}
		}
	}
	for _, s := range sections {
		line(&s.Line)
		for _, l := range s.Lines {
			b.WriteString(" ")
			line(l)
		}
		b.WriteString(";")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"frontend a\n  b c\nbackend d\n\te": ";[frontend][a] [b][c];[backend][d] [e];",
		"a b#c\n#d":                         " [a][b];",
		`a b\ c\#d '\e "f"' "g\"h\\i" j\.k`: ` [a][b c#d][\e "f"][g"h\i][j\.k];`,
		`a "$X" '$Y' "\$Z" b"c"d`:           ` [a][$X]$[$Y][$Z][bcd];`,
		`a \x41\n\q`:                        " [a][A\n\\q];",
		"a b\r\nc":                          " [a][b] [c];",
		"a \\":                              ` [a][\];`,
		"\ufeffa":                           " [a];",
	} {
		sections, err := Parse(text)
		if got := shown(sections); got != want || err != nil {
			t.Errorf("%q: %s %v, want %s", text, got, err, want)
		}
	}
	if _, err := Parse("a 'b"); err == nil || err.Error() != "a string is not ended" {
		t.Error(err)
	}
}

// FuzzParse checks that words are in order, and in their text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"frontend a\n b 'c' \"d\" e\\ f # g\n", "a \\x4", "a \"$b\"", "a '\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sections, _ := Parse(text)
		at := 0
		line := func(l *Line) {
			for _, w := range l.Words {
				if w.Start < at || w.End <= w.Start || w.End > len(text) {
					t.Fatalf("%q: %+v", text, l)
				}
				at = w.End
			}
		}
		for _, s := range sections {
			line(&s.Line)
			for _, l := range s.Lines {
				line(l)
			}
		}
	})
}
