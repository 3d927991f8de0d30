package cfamily

import (
	"errors"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// maxDepth is how deep brackets are nested, at most.
const maxDepth = 500

// Program is a file with its tokens. Indexes of tokens are those of
// Program.Tokens, which has no white space and no comments. A range of tokens
// does not include its end.
type Program struct {
	Text     string
	Language Language
	Tokens   []Token

	partner []int32 // the index of the other bracket, or -1
	up      []int32 // the index of the innermost bracket around a token, or -1
	newline []bool  // a new line begins between the token and the one before
	guarded []bool  // a directive such as #if decides whether the token is there
	names   map[string][]int
	spent   int // steps of work
}

// maxSpent bounds the work of looking things up in a file: far more than anybody
// needs, but a hostile file could make it quadratic.
const maxSpent = 3_000_000

// spend reports whether there may be another step of work.
func (p *Program) spend() bool {
	p.spent++
	return p.spent <= maxSpent
}

// Range is a range of tokens.
type Range struct{ Start, End int }

// Errors of [Parse].
var (
	ErrBrackets = errors.New("its brackets and quotes do not match up")
	ErrDepth    = errors.New("it is nested too deeply")
)

// Parse reads a program. The error says why it cannot be understood.
func Parse(text string, language Language) (*Program, error) {
	p := &Program{Text: text, Language: language, names: map[string][]int{}}
	newline, guards := false, 0
	for _, t := range Scan(text, language) {
		switch t.Kind {
		case Space, Comment:
			guards = max(0, guards+guard(text[t.Start:t.End], language))
			newline = newline || strings.ContainsAny(text[t.Start:t.End], "\n\r")
			continue
		case Bad:
			return nil, ErrBrackets
		case Name:
			name := text[t.Start:t.End]
			p.names[name] = append(p.names[name], len(p.Tokens))
		}
		p.Tokens = append(p.Tokens, t)
		p.newline = append(p.newline, newline)
		p.guarded = append(p.guarded, guards > 0)
		newline = false
	}
	return p, p.match()
}

// guard returns 1 for a directive of C# that begins a condition, -1 for one that
// ends it, and 0 for what is neither.
func guard(comment string, language Language) int {
	after, ok := strings.CutPrefix(comment, "#")
	word, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	switch {
	case !ok || language != CSharp:
		return 0
	case word == "if":
		return 1
	case word == "endif":
		return -1
	}
	return 0
}

// Guarded reports whether a directive such as #if decides whether a token is
// there.
func (p *Program) Guarded(i int) bool { return i >= 0 && i < len(p.guarded) && p.guarded[i] }

// match finds the partners of brackets.
func (p *Program) match() error {
	p.partner, p.up = make([]int32, len(p.Tokens)), make([]int32, len(p.Tokens))
	var stack []int
	for i := range p.Tokens {
		p.partner[i], p.up[i] = -1, -1
		text := p.At(i)
		bracket := p.Kind(i) == Punctuator && len(text) == 1
		if bracket && strings.Contains(")]}", text) {
			if len(stack) == 0 || p.At(stack[len(stack)-1]) != map[string]string{")": "(", "]": "[", "}": "{"}[text] {
				return ErrBrackets
			}
			open := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			p.partner[open], p.partner[i] = int32(i), int32(open)
		}
		if len(stack) > 0 {
			p.up[i] = int32(stack[len(stack)-1])
		}
		if bracket && strings.Contains("([{", text) {
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

// Span returns where a range of tokens is in the text. One without tokens is
// where its first would be.
func (p *Program) Span(r Range) source.Span {
	if r.Start < 0 || r.Start >= len(p.Tokens) {
		return source.Span{Start: len(p.Text), End: len(p.Text)}
	}
	start := p.Tokens[r.Start].Start
	if r.End <= r.Start {
		return source.Span{Start: start, End: start}
	}
	return source.Span{Start: start, End: p.Tokens[min(r.End, len(p.Tokens))-1].End}
}

// Source returns the text of a range of tokens.
func (p *Program) Source(r Range) string {
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
	if other := p.Partner(i); other > i {
		return other + 1
	}
	return i + 1
}

// Args returns the arguments between the brackets that open begins, or the items
// of an array. A comma at the end adds none.
func (p *Program) Args(open int) (args []Range) {
	end := p.Partner(open)
	for i := open + 1; i < end; {
		stop := p.Until(i, end, ",")
		args = append(args, Range{i, stop})
		i = stop + 1
	}
	return args
}

// Until returns the index of the first of some tokens from i on that is in no
// bracket; end if there is none.
func (p *Program) Until(i, end int, texts ...string) int {
	for i < end && p.spend() {
		if p.Kind(i) == Punctuator && slices.Contains(texts, p.At(i)) {
			return i
		}
		i = p.Skip(i)
	}
	return end
}

// Named returns the tokens that are a name, in their order.
func (p *Program) Named(name string) []int { return p.names[name] }

// Mentions reports whether a name is somewhere in a range.
func (p *Program) Mentions(r Range, name string) bool {
	list := p.names[name]
	i, _ := slices.BinarySearch(list, r.Start)
	return i < len(list) && list[i] < r.End
}

// Statement returns the statement that a token is in: from the token after the
// one before that ends a statement to its end. In Kotlin, a new line ends it,
// unless the next token is that of a chain.
func (p *Program) Statement(i int) Range {
	up := p.Up(i)
	start, end := i, i
	for start > up+1 && p.spend() && !p.ends(start-1, start) {
		if other := p.Partner(start - 1); other >= 0 && other < start-1 {
			start = other
		} else {
			start--
		}
	}
	limit := len(p.Tokens)
	if up >= 0 {
		limit = p.Partner(up)
	}
	for end < limit && p.spend() {
		next := p.Skip(end)
		if p.At(end) == ";" || next < limit && p.ends(next-1, next) {
			end = next
			break
		}
		end = next
	}
	return Range{start, min(end, limit)}
}

// ends reports whether a statement ends between two tokens.
func (p *Program) ends(last, next int) bool {
	switch p.At(last) {
	case ";", "{":
		return true
	case "}":
		return p.At(next) != "." && p.At(next) != ")" && p.At(next) != "," && p.At(next) != ";" && p.At(next) != "?."
	}
	if p.Language != Kotlin || !p.Newline(next) {
		return false
	}
	return !slices.Contains(continues, p.At(next)) && !slices.Contains(continued, p.At(last))
}

// continues are tokens that a statement of Kotlin goes on with in a new line, and
// continued those after which it does.
var (
	continues = []string{".", "?.", "?:", "&&", "||", ")", "]", ",", "="}
	continued = []string{".", "?.", "?:", "&&", "||", "(", "[", ",", "=", "+", "->"}
)

// Chain returns the calls of methods that follow a token: those of x.a(…).b(…)
// for the closing bracket or the name that is x.
func (p *Program) Chain(i int) (calls []Call) {
	for {
		dot := i + 1
		if p.At(dot) == "!" {
			dot++
		}
		if p.At(dot) != "." && p.At(dot) != "?." || p.Kind(dot+1) != Name {
			return calls
		}
		open := p.afterTypes(dot + 2)
		switch {
		case p.At(open) == "(":
			calls = append(calls, Call{Name: dot + 1, Open: open})
			i = p.Partner(open)
		case p.Language == Kotlin && p.At(open) == "{":
			calls = append(calls, Call{Name: dot + 1, Open: open})
			i = p.Partner(open)
		default: // a property
			i = dot + 1
		}
	}
}

// afterTypes returns the index after type arguments such as <string[]>, if there
// are some.
func (p *Program) afterTypes(i int) int {
	if p.At(i) != "<" {
		return i
	}
	depth := 0
	for j := i; j < min(i+maxTypes, len(p.Tokens)); j++ {
		switch text := p.At(j); {
		case text == "<":
			depth++
		case text == ">":
			if depth--; depth == 0 {
				return j + 1
			}
		case p.Kind(j) != Name && !strings.Contains(".,?[]", text):
			return i
		}
	}
	return i
}

// maxTypes is how many tokens type arguments have, at most.
const maxTypes = 50

// Call is a call of a method or function: the tokens of its name and its
// bracket, which in Kotlin may be that of a lambda.
type Call struct{ Name, Open int }

// CallAt returns the call whose name is a token; ok is false if it is
// not one.
func (p *Program) CallAt(name int) (c Call, ok bool) {
	open := p.afterTypes(name + 1)
	if p.Kind(name) != Name || p.At(open) != "(" {
		return Call{}, false
	}
	return Call{name, open}, true
}

// End returns the index after a call.
func (p *Program) End(c Call) int { return p.Partner(c.Open) + 1 }

// Around returns the call whose arguments a token is in; ok is false if the
// innermost bracket is not that of one.
func (p *Program) Around(i int) (c Call, ok bool) {
	open := p.Up(i)
	if open < 1 || p.At(open) != "(" {
		return Call{}, false
	}
	name := open - 1
	if p.At(name) == ">" {
		for name > 0 && open-name < maxTypes && p.At(name) != "<" {
			name--
		}
		name--
	}
	return Call{name, open}, p.Kind(name) == Name
}
