package caddyfile

import (
	"fmt"
	"strings"
	"testing"
)

// shown returns tokens in a line: words, with the quote before those that have
// one, and | where a line begins.
func shown(tokens []Token) string {
	var b strings.Builder
	line := 0
	for i, t := range tokens {
		if i > 0 && t.line != line {
			b.WriteString("| ")
		}
		line = t.end
		if t.Quote != 0 {
			b.WriteByte(t.Quote)
		}
		fmt.Fprintf(&b, "%s ", t.Text)
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), " "), "\n", `\n`)
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"a b\nc":                          "a b | c",
		"a #b\nc#d":                       "a | c#d",
		`a "b \"c\" \. d" e`:              `a "b "c" \. d e`,
		"a `b \"c` d":                     "a `b \"c d",
		"a \"b\nc\" d\ne":                 `a "b\nc d | e`,
		"a \\\n b\nc":                     "a b | c",
		"a \\\r\n b\r\nc":                 "a b | c",
		`^https://a\.example$ {x}`:        `^https://a\.example$ {x}`,
		"a <<E\n\t\tb\n\t\tc\n\t\tE d\ne": `a <b\nc\n d | e`,
		`a \<<E`:                          "a <<E",
		"\ufeffa":                         "a",
		`"a"b`:                            `"a b`,
		"a\\":                             `a\`,
	} {
		tokens, err := Tokens(text)
		if got := shown(tokens); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{"a \"b": "a string is not ended", "a <<E\nb": "a heredoc is not ended", "a {\nb": "a block is not ended", "}": "a } has no block to end"} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParse(t *testing.T) {
	const text = "{\n\tadmin off\n}\na.example,\nb.example {\n\theader {\n\t\tX {header.Y}\n\t}\n\trespond 204\n}\n"
	list, err := Parse(text)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	site := list[1]
	if len(site.Words) != 2 || !site.Block || len(site.Children) != 2 || text[site.Start:site.End] != text[strings.Index(text, "a.example"):len(text)-1] {
		t.Errorf("%+v", site)
	}
	if h := site.Children[0]; len(h.Children) != 1 || text[h.Open:h.Open+1] != "{" || h.Children[0].Words[1].Text != "{header.Y}" {
		t.Errorf("%+v", h)
	}
	if _, err := Parse(strings.Repeat("a {\n", 1000)); err == nil || err.Error() != "blocks are too deep" {
		t.Error(err)
	}
}

// FuzzParse checks that tokens are in order, and that between them is nothing but
// white space, comments and what continues a line.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a {\n b \"c\" `d` # e\n}\n", "a <<E\n b\n E\n", "a \\\n b", "\\#\\", "a,\nb {\n}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens, _ := Tokens(text)
		at := 0
		for _, k := range tokens {
			if k.Start < at || k.End <= k.Start || k.End > len(text) {
				t.Fatalf("%q: %+v", text, tokens)
			}
			if between := text[at:k.Start]; !strings.Contains(between, "#") && strings.Trim(between, "\\\ufeff \t\r\n\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000") != "" {
				t.Fatalf("%q: %q is between tokens", text, between)
			}
			at = k.End
		}
		list, _ := Parse(text)
		var walk func(list []*Directive, from, to int)
		walk = func(list []*Directive, from, to int) {
			for _, d := range list {
				if d.Start < from || d.End > to || d.End < d.Start {
					t.Fatalf("%q: %+v", text, d)
				}
				walk(d.Children, d.Start, len(text))
				from = d.End
			}
		}
		walk(list, 0, len(text))
	})
}
