package js

import (
	"errors"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// maxDepth is how deep brackets are nested, at most.
const maxDepth = 500

// Program is a file with its tokens. Indexes of tokens are those of
// Program.Tokens, which has no white space and no comments. A range of tokens
// does not include its end.
type Program struct {
	Text    string
	Tokens  []Token
	Dialect Dialect

	partner []int32 // the index of the other bracket, or -1
	up      []int32 // the index of the innermost bracket around a token, or -1
	newline []bool  // a new line begins between the token and the one before

	functions []*Function
	inside    []int32 // the innermost function around a token, or -1
	names     map[string][]int
	decls     map[string][]*Decl
	modules   []*Decl         // those of other modules
	meant     map[int]*Decl   // what names mean, as far as it was asked
	lists     map[int][]Range // statements of a block, by its {
	exported  *exports        // as soon as it was asked
}

// Range is a range of tokens.
type Range struct{ Start, End int }

// Errors of [Parse].
var (
	ErrBrackets = errors.New("its brackets and quotes do not match up")
	ErrDepth    = errors.New("it is nested too deeply")
)

// Parse reads a program. The error says why it cannot be understood.
func Parse(text string, d Dialect) (*Program, error) {
	p := &Program{Text: text, Dialect: d, names: map[string][]int{}, decls: map[string][]*Decl{}, lists: map[int][]Range{}, meant: map[int]*Decl{}}
	newline := false
	for _, t := range Scan(text, d) {
		switch t.Kind {
		case Space, Comment:
			newline = newline || strings.ContainsAny(text[t.Start:t.End], "\n\r\u2028\u2029")
			continue
		case Bad:
			return nil, ErrBrackets
		case Name:
			p.names[text[t.Start:t.End]] = append(p.names[text[t.Start:t.End]], len(p.Tokens))
		}
		p.Tokens = append(p.Tokens, t)
		p.newline = append(p.newline, newline)
		newline = false
	}
	if err := p.match(); err != nil {
		return nil, err
	}
	if !p.findFunctions() {
		return nil, ErrDepth
	}
	p.declare()
	return p, nil
}

// match finds the partners of brackets. A template is a bracket from each part to
// the next.
func (p *Program) match() error {
	p.partner, p.up = make([]int32, len(p.Tokens)), make([]int32, len(p.Tokens))
	var stack []int
	for i, t := range p.Tokens {
		p.partner[i], p.up[i] = -1, -1
		text := p.At(i)
		punctuator := t.Kind == Punctuator && len(text) == 1
		if t.Kind == TemplateMiddle || t.Kind == TemplateTail || punctuator && strings.Contains(")]}", text) {
			if len(stack) == 0 {
				return ErrBrackets
			}
			open := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			p.partner[open], p.partner[i] = int32(i), int32(open)
		}
		if len(stack) > 0 {
			p.up[i] = int32(stack[len(stack)-1])
		}
		if t.Kind == TemplateHead || t.Kind == TemplateMiddle || punctuator && strings.Contains("([{", text) {
			if stack = append(stack, i); len(stack) > maxDepth {
				return ErrDepth
			}
		}
	}
	if len(stack) > 0 {
		return ErrBrackets
	}
	return nil
}

// At returns the text of a token; "" outside of the program.
func (p *Program) At(i int) string {
	if i < 0 || i >= len(p.Tokens) {
		return ""
	}
	t := p.Tokens[i]
	return p.Text[t.Start:t.End]
}

// Kind returns the kind of a token; Space outside of the program.
func (p *Program) Kind(i int) Kind {
	if i < 0 || i >= len(p.Tokens) {
		return Space
	}
	return p.Tokens[i].Kind
}

// Is reports whether tokens from i on have these texts.
func (p *Program) Is(i int, texts ...string) bool {
	for k, text := range texts {
		if p.At(i+k) != text {
			return false
		}
	}
	return true
}

// Span returns where a range of tokens is in the text; it has at least one.
func (p *Program) Span(r Range) source.Span {
	return source.Span{Start: p.Tokens[r.Start].Start, End: p.Tokens[r.End-1].End}
}

// Source returns the text of a range of tokens.
func (p *Program) Source(r Range) string {
	if r.End <= r.Start {
		return ""
	}
	s := p.Span(r)
	return p.Text[s.Start:s.End]
}

// Partner returns the other bracket of a pair, or -1.
func (p *Program) Partner(i int) int {
	if i < 0 || i >= len(p.partner) {
		return -1
	}
	return int(p.partner[i])
}

// Up returns the innermost bracket around a token, or -1.
func (p *Program) Up(i int) int {
	if i < 0 || i >= len(p.up) {
		return -1
	}
	return int(p.up[i])
}

// Newline reports whether a new line begins between a token and the one before.
func (p *Program) Newline(i int) bool { return i >= 0 && i < len(p.newline) && p.newline[i] }

// Skip returns the index after a token, or after the brackets that it opens.
func (p *Program) Skip(i int) int {
	for {
		other := p.Partner(i)
		if other <= i {
			return i + 1
		}
		i = other
		if p.Kind(i) != TemplateMiddle {
			return i + 1
		}
	}
}

// Args returns the arguments between the brackets that open begins, or the items
// of an array.
func (p *Program) Args(open int) (args []Range) {
	end := p.Partner(open)
	for i := open + 1; i < end; {
		stop := p.until(i, end, ",")
		args = append(args, Range{i, stop})
		i = stop + 1
	}
	return args
}

// until returns the index of the first of some tokens from i on that is in no
// bracket; end if there is none.
func (p *Program) until(i, end int, texts ...string) int {
	for i < end {
		for _, text := range texts {
			if p.At(i) == text && p.Kind(i) == Punctuator {
				return i
			}
		}
		i = p.Skip(i)
	}
	return end
}

// Names returns the tokens that are a name, other than members such as x.name.
func (p *Program) Names(name string) (list []int) {
	for _, i := range p.names[name] {
		if before := p.At(i - 1); before != "." && before != "?." {
			list = append(list, i)
		}
	}
	return list
}

// Members returns the tokens that are a name after a dot.
func (p *Program) Members(name string) (list []int) {
	for _, i := range p.names[name] {
		if before := p.At(i - 1); before == "." || before == "?." {
			list = append(list, i)
		}
	}
	return list
}

// Mentions reports whether a name is somewhere in a range.
func (p *Program) Mentions(r Range, name string) bool {
	for _, i := range p.names[name] {
		if i >= r.Start && i < r.End {
			return true
		}
	}
	return false
}
