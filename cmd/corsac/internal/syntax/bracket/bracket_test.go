package bracket_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"
)

// grammar is that of a language whose tokens are single bytes: letters are names,
// and < | > are the parts of a template.
var grammar = bracket.Grammar[byte]{
	Space: ' ', Comment: '#', Name: 'a', Punctuator: '.', Bad: '!',
	Opening: []byte{'<', '|'}, Closing: []byte{'|', '>'}, LineEnds: "\n", Steps: 50,
}

func read(text string) (bracket.Code[byte], error) {
	var tokens []bracket.Token[byte]
	for i := range len(text) {
		kind := text[i]
		switch {
		case kind >= 'a' && kind <= 'z':
			kind = 'a'
		case kind == '\n':
			kind = ' '
		case strings.IndexByte(" #!<|>", kind) < 0:
			kind = '.'
		}
		tokens = append(tokens, bracket.Token[byte]{Kind: kind, Span: source.Span{Start: i, End: i + 1}})
	}
	return bracket.Read(text, tokens, &grammar)
}

// TestRead checks which brackets belong together.
func TestRead(t *testing.T) {
	for text, want := range map[string]error{
		"f(a, [b]) # {c}": nil,
		"<a|{b}|c>":       nil,
		"(a]":             bracket.ErrUnmatched,
		"<a)":             bracket.ErrUnmatched,
		"(a>":             bracket.ErrUnmatched,
		"(a":              bracket.ErrUnmatched,
		"a)":              bracket.ErrUnmatched,
		"a!":              bracket.ErrUnmatched,
		strings.Repeat("(", bracket.MaxDepth) + strings.Repeat(")", bracket.MaxDepth):     nil,
		strings.Repeat("(", bracket.MaxDepth+1) + strings.Repeat(")", bracket.MaxDepth+1): bracket.ErrDepth,
	} {
		if _, err := read(text); !errors.Is(err, want) {
			t.Errorf("%.20q: error %v, want %v", text, err, want)
		}
	}
}

// TestLookUp checks what a code says about its tokens, and about indexes outside
// of it.
func TestLookUp(t *testing.T) {
	c, err := read("f( a, [b,c],)\n<x|y>z")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"arguments", c.Args(1), []bracket.Range{{Start: 2, End: 3}, {Start: 4, End: 9}}},
		{"source of an argument", c.Source(bracket.Range{Start: 4, End: 9}), "[b,c]"},
		{"source of nothing", c.Source(bracket.Range{Start: 4, End: 4}), ""},
		{"span beyond the end", c.Span(bracket.Range{Start: 99, End: 100}), source.Span{Start: 20, End: 20}},
		{"after brackets", c.Skip(1), 11},
		{"after a template", c.Skip(11), 16},
		{"bracket around b", c.Up(5), 4},
		{"partner of [", c.Partner(4), 8},
		{"new line before <", c.Newline(11), true},
		{"new line before x", c.Newline(12), false},
		{"tokens", c.Is(4, "[", "b"), true},
		{"names", c.Named("b"), []int{5}},
		{"name in a range", c.Mentions(bracket.Range{Start: 4, End: 6}, "b"), true},
		{"name before a range", c.Mentions(bracket.Range{Start: 6, End: 9}, "b"), false},
		{"text before the first", c.At(-1), ""},
		{"kind after the last", c.Kind(99), byte(' ')},
		{"partner after the last", c.Partner(99), -1},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("%s: got %v, want %v", x.what, x.got, x.want)
		}
	}
}

// TestStep checks that looking things up ends at the bound of the grammar.
func TestStep(t *testing.T) {
	c, err := read(strings.Repeat("a", 100) + ",")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Until(0, 10, ","); got != 10 {
		t.Errorf("Until returned %d, want its end", got)
	}
	if got, end := c.Until(0, 101, ","), len(c.Tokens); got != end {
		t.Errorf("Until returned %d after its steps were used up, want %d", got, end)
	}
}
