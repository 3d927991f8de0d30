package js

import "github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/bracket"

// Program is a file with its tokens.
type Program struct {
	bracket.Code[Kind]

	Dialect Dialect

	functions []*Function
	inside    []int32 // the innermost function around a token, or -1
	decls     map[string][]*Decl
	modules   []*Decl         // those of other modules
	meant     map[int]*Decl   // what names mean, as far as it was asked
	lists     map[int][]Range // statements of a block, by its {
	exported  *exports        // as soon as it was asked
}

// Range is a range of tokens.
type Range = bracket.Range

// grammar says what the kinds of tokens mean. A template is a bracket from each
// part to the next.
var grammar = bracket.Grammar[Kind]{
	Space: Space, Comment: Comment, Name: Name, Punctuator: Punctuator, Bad: Bad,
	Opening: []Kind{TemplateHead, TemplateMiddle}, Closing: []Kind{TemplateMiddle, TemplateTail},
	LineEnds: "\n\r\u2028\u2029",
}

// Parse reads a program. The error says why it cannot be understood.
func Parse(text string, d Dialect) (*Program, error) {
	code, err := bracket.Read(text, Scan(text, d), &grammar)
	if err != nil {
		return nil, err
	}
	p := &Program{Code: code, Dialect: d, decls: map[string][]*Decl{}, lists: map[int][]Range{}, meant: map[int]*Decl{}}
	if !p.findFunctions() {
		return nil, bracket.ErrDepth
	}
	p.declare()
	return p, nil
}

// Names returns the tokens that are a name, other than members such as x.name.
func (p *Program) Names(name string) (list []int) {
	for _, i := range p.Named(name) {
		if before := p.At(i - 1); before != "." && before != "?." {
			list = append(list, i)
		}
	}
	return list
}

// Members returns the tokens that are a name after a dot.
func (p *Program) Members(name string) (list []int) {
	for _, i := range p.Named(name) {
		if before := p.At(i - 1); before == "." || before == "?." {
			list = append(list, i)
		}
	}
	return list
}
