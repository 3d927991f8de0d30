// Package bracket knows the brackets of a program that is split into tokens. It is
// what the readers of languages with (), [] and {} share, whatever else is in their
// programs.
//
//   - A [Grammar] says what the kinds of tokens of a language mean; [Read] makes
//     a [Code] of its tokens.
//   - Programs are hostile until read: the work is linear, nesting is bounded, and
//     nothing panics.
package bracket

import (
	"errors"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// MaxDepth is how deep brackets are nested, at most.
const MaxDepth = 500

// Errors of [Read].
var (
	ErrUnmatched = errors.New("its brackets and quotes do not match up")
	ErrDepth     = errors.New("it is nested too deeply")
)

// Token is a piece of a program, of a kind that its language has.
type Token[K comparable] struct {
	Kind K
	source.Span
}

// Range is a range of tokens. It does not include its end.
type Range struct{ Start, End int }

// Grammar says what the kinds of tokens of a language mean. Those that it does not
// name mean nothing here.
type Grammar[K comparable] struct {
	Space, Comment, Name, Punctuator K
	// Bad is the kind of what no token is.
	Bad K
	// Opening and Closing are the kinds of tokens that are brackets without being
	// punctuators, such as the parts of a template. A kind may be both.
	Opening, Closing []K
	// LineEnds are the characters after which a new line begins.
	LineEnds string
	// Steps bounds how often [Code.Step] returns true; without it, there is no
	// bound.
	Steps int
}

// Code is a program with its tokens. Indexes of tokens are those of Code.Tokens,
// which has no white space and no comments.
type Code[K comparable] struct {
	Text   string
	Tokens []Token[K]

	grammar *Grammar[K]
	partner []int32 // the index of the other bracket, or -1
	up      []int32 // the index of the innermost bracket around a token, or -1
	newline []bool  // a new line begins between the token and the one before
	names   map[string][]int
	steps   int
}

// Read returns the code of tokens that cover a text. The error is [ErrUnmatched] or
// [ErrDepth].
func Read[K comparable](text string, tokens []Token[K], g *Grammar[K]) (Code[K], error) {
	c := Code[K]{Text: text, grammar: g, names: map[string][]int{}}
	newline := false
	for _, t := range tokens {
		switch t.Kind {
		case g.Space, g.Comment:
			newline = newline || strings.ContainsAny(text[t.Start:t.End], g.LineEnds)
			continue
		case g.Bad:
			return c, ErrUnmatched
		case g.Name:
			name := text[t.Start:t.End]
			c.names[name] = append(c.names[name], len(c.Tokens))
		}
		c.Tokens = append(c.Tokens, t)
		c.newline = append(c.newline, newline)
		newline = false
	}
	return c, c.match()
}

// match finds the partners of brackets. A token that closes one and opens the next
// has the partner of the latter.
func (c *Code[K]) match() error {
	c.partner, c.up = make([]int32, len(c.Tokens)), make([]int32, len(c.Tokens))
	var stack []int
	for i := range c.Tokens {
		c.partner[i], c.up[i] = -1, -1
		if c.closes(i) {
			if len(stack) == 0 || !c.pairs(stack[len(stack)-1], i) {
				return ErrUnmatched
			}
			open := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			c.partner[open], c.partner[i] = int32(i), int32(open)
		}
		if len(stack) > 0 {
			c.up[i] = int32(stack[len(stack)-1])
		}
		if c.opens(i) {
			if stack = append(stack, i); len(stack) > MaxDepth {
				return ErrDepth
			}
		}
	}
	if len(stack) > 0 {
		return ErrUnmatched
	}
	return nil
}

// isPunctuator reports whether a token is one of some punctuators of one byte.
func (c *Code[K]) isPunctuator(i int, bytes string) bool {
	text := c.At(i)
	return c.Kind(i) == c.grammar.Punctuator && len(text) == 1 && strings.Contains(bytes, text)
}

func (c *Code[K]) opens(i int) bool {
	return c.isPunctuator(i, "([{") || slices.Contains(c.grammar.Opening, c.Kind(i))
}

func (c *Code[K]) closes(i int) bool {
	return c.isPunctuator(i, ")]}") || slices.Contains(c.grammar.Closing, c.Kind(i))
}

// pairs reports whether a bracket may close another one.
func (c *Code[K]) pairs(open, closer int) bool {
	if !c.isPunctuator(closer, ")]}") {
		return !c.isPunctuator(open, "([{")
	}
	return c.At(open) == map[string]string{")": "(", "]": "[", "}": "{"}[c.At(closer)]
}
