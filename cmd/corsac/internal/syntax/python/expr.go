package python

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// ExprKind is the kind of an expression.
type ExprKind uint8

// The kinds of expressions.
const (
	Other     ExprKind = iota // anything else: operators, comprehensions, f-strings with values
	Var                       // a name, or a name with attributes
	Attribute                 // an attribute of something that is not a Var
	Call
	Subscript
	String
	Int
	Bool
	None
	List
	Tuple
	Set
	Dict
)

// Expr is an expression.
type Expr struct {
	source.Span // with the parentheses around it

	Kind ExprKind
	// Name is that of a Var, such as app.add_middleware, and the last part of an
	// Attribute.
	Name string
	// Base is what is called, subscripted, or has the attribute.
	Base *Expr
	// Args are the arguments of a Call.
	Args []Arg
	// Items are the elements of a List, Tuple or Set, the values of a Dict, the
	// index of a Subscript, and the operands of an Other.
	Items []*Expr
	// Keys are those of a Dict, nil for **.
	Keys []*Expr
	// Ops are the operators and keywords between the operands of an Other.
	Ops []string
	// Text is the value of a String, Number that of an Int; True and False are 1
	// and 0.
	Text   string
	Number int
}

// Arg is an argument of a call.
type Arg struct {
	source.Span

	// Name is its keyword; "" if it has none. Star is * or **, or "".
	Name, Star string
	Value      *Expr
}

// Callee returns the name of what is called: of a Var all of it, of an Attribute
// the last part.
func (e *Expr) Callee() string {
	if e.Kind != Call {
		return ""
	}
	return e.Base.Name
}

// Arg returns the value of a keyword argument, or nil.
func (e *Expr) Arg(name string) *Expr {
	for _, a := range e.Args {
		if a.Name == name && a.Star == "" {
			return a.Value
		}
	}
	return nil
}

// Walk calls f for an expression and all in it, the outer ones first.
func (e *Expr) Walk(f func(*Expr)) {
	if e == nil {
		return
	}
	f(e)
	e.Base.Walk(f)
	for _, a := range e.Args {
		a.Value.Walk(f)
	}
	for _, k := range e.Keys {
		k.Walk(f)
	}
	for _, item := range e.Items {
		item.Walk(f)
	}
}

// parser reads expressions from significant tokens.
type parser struct {
	text   string
	tokens []Token // without spaces and comments
	i, end int     // of the tokens that may be read
	depth  int
}

// peek returns the text of the token to read, "" at the end.
func (p *parser) peek() string {
	if p.i >= p.end {
		return ""
	}
	t := p.tokens[p.i]
	return p.text[t.Start:t.End]
}

func (p *parser) kind() TokenKind {
	if p.i >= p.end {
		return NewLine
	}
	return p.tokens[p.i].Kind
}

// last is where the token before ends.
func (p *parser) last() int {
	if p.i == 0 {
		return 0
	}
	return p.tokens[p.i-1].End
}

// wordOps are keywords between operands.
var wordOps = []string{
	"and", "or", "not", "in", "is", "if", "else", "for", "async", "await", "from", "as", "yield", "lambda",
	"return", "raise", "assert", "del", "global", "nonlocal", "while", "with", "except", "elif", "try", "finally",
	"import", "class", "def", "pass", "break", "continue",
}

// stops are tokens that end an operand with its operators.
var stops = []string{"", ",", ")", "]", "}", ":", "=", ";"}

// expr reads up to one of the stops.
func (p *parser) expr() *Expr {
	start := p.i
	e := &Expr{Kind: Other}
	for !slices.Contains(stops, p.peek()) {
		text := p.peek()
		switch {
		case text == "lambda" && p.kind() == Name:
			p.lambda()
			e.Ops = append(e.Ops, text)
		case p.kind() == Name && !slices.Contains(wordOps, text), p.kind() == Text, p.kind() == Number, closing[text[0]] != 0, text == "...":
			e.Items = append(e.Items, p.operand())
		default:
			e.Ops = append(e.Ops, text)
			p.i++
		}
	}
	if len(e.Items) == 1 && len(e.Ops) == 0 {
		return e.Items[0]
	}
	e.Start, e.End = p.last(), p.last()
	if start < p.i {
		e.Start = p.tokens[start].Start
	}
	return e.fold()
}

// lambda skips the parameters of a lambda.
func (p *parser) lambda() {
	depth := 0
	for p.i++; p.i < p.end; p.i++ {
		switch text := p.peek(); {
		case text == ":" && depth == 0:
			p.i++
			return
		case closing[text[0]] != 0:
			depth++
		case strings.Contains(")]}", text):
			if depth--; depth < 0 {
				return
			}
		}
	}
}

// fold computes what is trivial: a sign, and products such as 60 * 60.
func (e *Expr) fold() *Expr {
	product := 1
	for _, item := range e.Items {
		if item.Kind != Int || item.Number != 0 && product > math.MaxInt32/max(item.Number, 1) {
			return e
		}
		product *= item.Number
	}
	switch {
	case len(e.Items) == 1 && slices.Equal(e.Ops, []string{"-"}):
		e.Number = -product
	case len(e.Items) > 1 && len(e.Ops) == len(e.Items)-1 && strings.Trim(strings.Join(e.Ops, ""), "*") == "" && !slices.Contains(e.Ops, "**"):
		e.Number = product
	default:
		return e
	}
	e.Kind, e.Items, e.Ops = Int, nil, nil
	return e
}

// operand reads an atom, and the calls, attributes and subscripts after it.
func (p *parser) operand() *Expr {
	e := p.atom()
	for n := 0; ; n++ {
		next := &Expr{Base: e, Span: source.Span{Start: e.Start}}
		if n > maxDepth {
			next.Base = nil // what it is of is not kept
			e = &Expr{Span: e.Span}
		}
		switch p.peek() {
		case ".":
			p.i++
			if p.kind() != Name {
				return e
			}
			next.Kind, next.Name = Attribute, p.peek()
			if e.Kind == Var && n < maxDepth {
				next.Kind, next.Name, next.Base = Var, e.Name+"."+next.Name, nil
			}
			p.i++
		case "(":
			next.Kind = Call
			p.brackets(next, ")")
		case "[":
			next.Kind = Subscript
			p.brackets(next, "]")
		default:
			return e
		}
		next.End = p.last()
		e = next
	}
}

func (p *parser) atom() *Expr {
	text := p.peek()
	e := &Expr{Span: p.tokens[p.i].Span}
	switch {
	case p.kind() == Text:
		p.strings(e)
		return e
	case p.kind() == Number:
		p.i++
		if n, err := strconv.ParseInt(text, 0, 32); err == nil {
			e.Kind, e.Number = Int, int(n)
		}
		return e
	case text == "(" || text == "[" || text == "{":
		return p.display(e, text)
	}
	p.i++
	switch text {
	case "True", "False":
		e.Kind, e.Number = Bool, strings.IndexByte("FT", text[0])
	case "None":
		e.Kind = None
	case "...":
	default:
		e.Kind, e.Name = Var, text
	}
	return e
}

// strings reads a string, and those after it, which Python joins.
func (p *parser) strings(e *Expr) {
	literal := true
	for p.kind() == Text {
		s, ok := value(p.peek())
		literal = literal && ok
		e.Text += s
		p.i++
	}
	e.End = p.last()
	if literal {
		e.Kind = String
	} else {
		e.Text = ""
	}
}

// display reads what is in brackets and stands for itself.
func (p *parser) display(e *Expr, open string) *Expr {
	e.Kind = map[string]ExprKind{"(": Tuple, "[": List, "{": Set}[open]
	comma := p.brackets(e, string(closing[open[0]]))
	e.End = p.last()
	switch {
	case open == "{" && len(e.Items) == 0:
		e.Kind = Dict
	case open == "(" && len(e.Items) == 1 && !comma:
		inner := e.Items[0]
		inner.Span = e.Span
		return inner
	}
	if slices.ContainsFunc(e.Items, func(item *Expr) bool { return item.Kind == Other && slices.Contains(item.Ops, "for") }) {
		e.Kind = Other
	}
	return e
}

// brackets reads from an opening bracket to after the closing one. It reports
// whether there is a comma.
func (p *parser) brackets(e *Expr, closer string) (comma bool) {
	p.i++
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.skip(closer)
		return false
	}
	for p.i < p.end && p.peek() != closer {
		before := p.i
		p.element(e)
		if p.peek() == "," {
			comma = true
			p.i++
		} else if p.i == before {
			p.i++ // what fits nowhere
		}
	}
	p.i = min(p.i+1, p.end)
	return comma
}

// skip goes to after the bracket that closes one that is open.
func (p *parser) skip(closer string) {
	for depth := 0; p.i < p.end; p.i++ {
		switch text := p.peek(); {
		case text == closer && depth == 0:
			p.i++
			return
		case closing[text[0]] != 0:
			depth++
		case len(text) == 1 && strings.Contains(")]}", text):
			depth--
		}
	}
}

// element reads one argument, element or pair.
func (p *parser) element(e *Expr) {
	start := p.i
	star := ""
	if text := p.peek(); text == "*" || text == "**" {
		star = text
		p.i++
	}
	x := p.expr()
	switch sep := p.peek(); {
	case e.Kind == Call:
		a := Arg{Star: star, Value: x}
		if sep == "=" && x.Kind == Var {
			p.i++
			a.Name, a.Value = x.Name, p.expr()
		}
		a.Start, a.End = p.tokens[start].Start, max(p.last(), p.tokens[start].Start)
		e.Args = append(e.Args, a)
	case sep == ":" && (e.Kind == Set || e.Kind == Dict):
		p.i++
		e.Kind = Dict
		e.Keys = append(e.Keys, x)
		e.Items = append(e.Items, p.expr())
	case star == "**" && (e.Kind == Set || e.Kind == Dict):
		e.Kind = Dict
		e.Keys = append(e.Keys, nil)
		e.Items = append(e.Items, x)
	case star != "":
		e.Items = append(e.Items, &Expr{Kind: Other, Span: source.Span{Start: p.tokens[start].Start, End: p.last()}, Items: []*Expr{x}, Ops: []string{star}})
	default:
		e.Items = append(e.Items, x)
	}
}
