package cfamily

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"
)

// Program is a file with its tokens.
type Program struct {
	bracket.Code[Kind]

	Language Language

	guarded []bool // a directive such as #if decides whether the token is there
}

// Range is a range of tokens.
type Range = bracket.Range

// grammar says what the kinds of tokens mean. Its steps are far more than anybody
// needs.
var grammar = bracket.Grammar[Kind]{
	Space: Space, Comment: Comment, Name: Name, Punctuator: Punctuator, Bad: Bad,
	LineEnds: "\n\r", Steps: 3_000_000,
}

// Parse reads a program. The error says why it cannot be understood.
func Parse(text string, language Language) (*Program, error) {
	tokens := Scan(text, language)
	code, err := bracket.Read(text, tokens, &grammar)
	if err != nil {
		return nil, err
	}
	return &Program{Code: code, Language: language, guarded: guarded(text, tokens, language)}, nil
}

// guarded returns, for each token that is neither white space nor a comment,
// whether a directive such as #if decides about it.
func guarded(text string, tokens []Token, language Language) (list []bool) {
	guards := 0
	for _, t := range tokens {
		switch t.Kind {
		case Space, Comment:
			guards = max(0, guards+guard(text[t.Start:t.End], language))
		default:
			list = append(list, guards > 0)
		}
	}
	return list
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

// Statement returns the statement that a token is in: from the token after the
// one before that ends a statement to its end. In Kotlin, a new line ends it,
// unless the next token is that of a chain.
func (p *Program) Statement(i int) Range {
	up := p.Up(i)
	start, end := i, i
	for start > up+1 && p.Step() && !p.ends(start-1, start) {
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
	for end < limit && p.Step() {
		next := p.Skip(end)
		if p.At(end) == ";" || next < limit && p.ends(next-1, next) {
			end = next
			break
		}
		end = next
	}
	return Range{Start: start, End: min(end, limit)}
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
