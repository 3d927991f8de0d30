package bracket

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// At returns the text of a token; "" outside of the program.
func (c *Code[K]) At(i int) string {
	if i < 0 || i >= len(c.Tokens) {
		return ""
	}
	t := c.Tokens[i]
	return c.Text[t.Start:t.End]
}

// Kind returns the kind of a token; that of white space outside of the program.
func (c *Code[K]) Kind(i int) K {
	if i < 0 || i >= len(c.Tokens) {
		return c.grammar.Space
	}
	return c.Tokens[i].Kind
}

// Is reports whether tokens from i on have these texts.
func (c *Code[K]) Is(i int, texts ...string) bool {
	for k, text := range texts {
		if c.At(i+k) != text {
			return false
		}
	}
	return true
}

// Span returns where a range of tokens is in the text. One without tokens is
// where its first would be.
func (c *Code[K]) Span(r Range) source.Span {
	if r.Start < 0 || r.Start >= len(c.Tokens) {
		return source.Span{Start: len(c.Text), End: len(c.Text)}
	}
	start := c.Tokens[r.Start].Start
	if r.End <= r.Start {
		return source.Span{Start: start, End: start}
	}
	return source.Span{Start: start, End: c.Tokens[min(r.End, len(c.Tokens))-1].End}
}

// Source returns the text of a range of tokens.
func (c *Code[K]) Source(r Range) string {
	s := c.Span(r)
	return c.Text[s.Start:s.End]
}

// Partner returns the other bracket of a pair, or -1.
func (c *Code[K]) Partner(i int) int {
	if i < 0 || i >= len(c.partner) {
		return -1
	}
	return int(c.partner[i])
}

// Up returns the innermost bracket around a token, or -1.
func (c *Code[K]) Up(i int) int {
	if i < 0 || i >= len(c.up) {
		return -1
	}
	return int(c.up[i])
}

// Newline reports whether a new line begins between a token and the one before.
func (c *Code[K]) Newline(i int) bool { return i >= 0 && i < len(c.newline) && c.newline[i] }

// Skip returns the index after a token, or after the brackets that it opens, with
// those that follow because a token both closes one and opens the next.
func (c *Code[K]) Skip(i int) int {
	for {
		other := c.Partner(i)
		if other <= i {
			return i + 1
		}
		i = other
	}
}

// Step reports whether there may be another step of work to look something up:
// the grammar bounds them, as a hostile file could make the work quadratic.
func (c *Code[K]) Step() bool {
	c.steps++
	return c.grammar.Steps == 0 || c.steps <= c.grammar.Steps
}

// Until returns the index of the first of some punctuators from i on that is in no
// bracket; end if there is none.
func (c *Code[K]) Until(i, end int, texts ...string) int {
	for i < end && c.Step() {
		if c.Kind(i) == c.grammar.Punctuator && slices.Contains(texts, c.At(i)) {
			return i
		}
		i = c.Skip(i)
	}
	return end
}

// Args returns the arguments between the brackets that open begins, or the items
// of a list. A comma at the end adds none.
func (c *Code[K]) Args(open int) (args []Range) {
	end := c.Partner(open)
	for i := open + 1; i < end; {
		stop := c.Until(i, end, ",")
		args = append(args, Range{i, stop})
		i = stop + 1
	}
	return args
}

// Named returns the tokens that are a name, in their order.
func (c *Code[K]) Named(name string) []int { return c.names[name] }

// Mentions reports whether a name is somewhere in a range.
func (c *Code[K]) Mentions(r Range, name string) bool {
	list := c.names[name]
	i, _ := slices.BinarySearch(list, r.Start)
	return i < len(list) && list[i] < r.End
}
