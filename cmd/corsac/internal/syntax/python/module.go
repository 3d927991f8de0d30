package python

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Module is a file.
type Module struct {
	Tokens []Token
	Body   []*Stmt
	// Broken says that the tokens are not those of a file that Python reads; the
	// statements may then be wrong.
	Broken bool
	// Imports are the names that import statements anywhere in the file bind, with
	// what they stand for, such as fastapi.FastAPI.
	Imports map[string]string

	bindings map[*Stmt]map[string]*binding
	changed  map[string]bool // names whose values are changed somewhere
}

// Stmt is a statement.
type Stmt struct {
	source.Span // with its decorators and body, without the end of its last line

	// Keyword is what it begins with, such as def (also after async), class, if,
	// return, import, from; "" for an expression or assignment.
	Keyword string
	// Name is that of a def or class.
	Name string
	// Decorators are those of a def or class.
	Decorators []*Expr
	// Targets are what an assignment assigns to, and Assign is =, or such as +=.
	Targets []*Expr
	Assign  string
	// Exprs are the other expressions of the line: the value of an assignment, the
	// condition of an if, the value of a return; for a def, its parameters.
	Exprs []*Expr
	// Header is where the line ends that the body follows, after its colon.
	Header int
	// Body are the statements of a block, and Parent the one whose block this
	// statement is in, or nil.
	Body   []*Stmt
	Parent *Stmt
}

// Value returns the value of an assignment, or nil if it is not one expression.
func (s *Stmt) Value() *Expr {
	if s.Assign == "" || len(s.Exprs) != 1 {
		return nil
	}
	return s.Exprs[0]
}

// Walk calls f for the statements and all in them, in their order, until it
// returns false for a statement whose body is then left out.
func Walk(body []*Stmt, f func(*Stmt) bool) {
	for _, s := range body {
		if f(s) {
			Walk(s.Body, f)
		}
	}
}

// WalkExprs calls f for all expressions of a statement, without those of its
// body.
func (s *Stmt) WalkExprs(f func(*Expr)) {
	for _, list := range [][]*Expr{s.Decorators, s.Targets, s.Exprs} {
		for _, e := range list {
			e.Walk(f)
		}
	}
}

// Function returns the def that a statement is in, or nil.
func (s *Stmt) Function() *Stmt {
	for p := s.Parent; p != nil; p = p.Parent {
		if p.Keyword == "def" {
			return p
		}
	}
	return nil
}

// compound are the keywords of statements with a block; match, case and type are
// keywords only where they begin such a line.
var compound = []string{"def", "class", "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "match", "case"}

// simple are the keywords of statements without a block.
var simple = []string{"return", "import", "from", "raise", "assert", "del", "pass", "break", "continue", "global", "nonlocal"}

// Parse reads a file.
func Parse(text string) *Module {
	tokens, ok := Tokens(text)
	m := &Module{Tokens: tokens, Broken: !ok, Imports: map[string]string{}}
	b := blocks{module: m}
	b.p.text = text
	for _, t := range tokens {
		if t.Kind != Space && t.Kind != Comment {
			b.p.tokens = append(b.p.tokens, t)
		}
	}
	m.Body = b.block(nil, 0)
	return m
}

// blocks reads statements.
type blocks struct {
	module *Module
	p      parser
	line   int // the index of the token that ends the last logical line
}

// block reads statements up to the end of their indentation.
func (b *blocks) block(parent *Stmt, depth int) (body []*Stmt) {
	p := &b.p
	var decorators []*Expr
	start := -1
	for p.i < len(p.tokens) {
		switch t := p.tokens[p.i]; t.Kind {
		case Dedent:
			p.i++
			if parent != nil {
				return body
			}
			continue
		case Indent: // where none belongs, or too deep
			p.i++
			b.module.Broken = true
			if depth < maxDepth {
				body = append(body, b.block(parent, depth+1)...)
			}
			continue
		case NewLine:
			p.i++
			continue
		}
		begin := p.tokens[p.i].Start
		if start < 0 {
			start = begin
		}
		p.end = b.lineEnd()
		if p.peek() == "@" {
			p.i++
			decorators = append(decorators, p.expr())
			p.i = p.end
			continue
		}
		s := b.statement(parent, depth)
		if len(decorators) > 0 && s.Name != "" {
			s.Decorators, s.Start = decorators, start
		}
		decorators, start = nil, -1
		body = append(body, s)
	}
	return body
}

// lineEnd returns the index of the token that ends the logical line.
func (b *blocks) lineEnd() int {
	if b.line > b.p.i {
		return b.line // of another statement in the same line
	}
	for b.line = b.p.i; b.line < len(b.p.tokens); b.line++ {
		if k := b.p.tokens[b.line].Kind; k == NewLine || k == Indent || k == Dedent {
			break
		}
	}
	return b.line
}

// statement reads one statement, and its block.
func (b *blocks) statement(parent *Stmt, depth int) *Stmt {
	p := &b.p
	s := &Stmt{Parent: parent, Span: p.tokens[p.i].Span}
	if p.peek() == "async" && p.i+1 < p.end {
		p.i++
	}
	word := p.peek()
	if p.kind() == Name && slices.Contains(compound, word) {
		if colon := b.colon(); colon >= 0 {
			b.compound(s, word, colon, depth)
			return s
		}
	}
	if p.kind() == Name && slices.Contains(simple, word) {
		s.Keyword = word
		p.i++
	}
	switch s.Keyword {
	case "import", "from":
		b.imports(s.Keyword)
	default:
		b.assignment(s)
	}
	s.End = max(s.Start, p.last())
	if p.i < p.end { // a semicolon, or what cannot be read
		p.i++
	}
	return s
}

// colon returns the index of the colon that ends the head of a block, or -1.
func (b *blocks) colon() int {
	depth, lambdas := 0, 0
	for i := b.p.i; i < b.p.end; i++ {
		t := b.p.tokens[i]
		switch text := b.p.text[t.Start:t.End]; {
		case t.Kind == Name && text == "lambda" && depth == 0:
			lambdas++
		case t.Kind != Op:
		case closing[text[0]] != 0:
			depth++
		case text == ")" || text == "]" || text == "}":
			depth--
		case text == ":" && depth == 0 && lambdas > 0:
			lambdas--
		case text == ":" && depth == 0:
			return i
		case text == ";" && depth <= 0:
			return -1
		}
	}
	return -1
}

// compound reads a statement with a block.
func (b *blocks) compound(s *Stmt, word string, colon, depth int) {
	p := &b.p
	line := p.end
	s.Keyword = word
	p.i++
	if (word == "def" || word == "class") && p.kind() == Name {
		s.Name = p.peek()
		p.i++
	}
	p.end = colon
	for p.i < colon {
		before := p.i
		s.Exprs = append(s.Exprs, p.expr())
		if p.i == before || p.i < colon {
			p.i++ // a comma, or what cannot be read
		}
	}
	p.i, p.end = colon+1, line
	s.Header = p.last()
	s.End = s.Header
	switch {
	case p.i < line: // statements in the same line
		for p.i < line && depth < maxDepth {
			p.end = line
			s.Body = append(s.Body, b.statement(s, depth+1))
		}
		p.i = line
	case p.i+1 < len(p.tokens) && p.tokens[p.i].Kind == NewLine && p.tokens[p.i+1].Kind == Indent && depth < maxDepth:
		p.i += 2
		s.Body = b.block(s, depth+1)
	}
	if n := len(s.Body); n > 0 {
		s.End = s.Body[n-1].End
	}
}

// assignment reads an expression, or targets and a value.
func (b *blocks) assignment(s *Stmt) {
	p := &b.p
	for p.i < p.end && p.peek() != ";" {
		before := p.i
		e := p.expr()
		if op := e.augmented(); op != "" && s.Keyword == "" {
			s.Targets, s.Assign, s.Exprs = append(s.Targets, e.Items[0]), op, append(s.Exprs, e)
			continue
		}
		switch p.peek() {
		case "=":
			s.Targets, s.Assign = append(append(s.Targets, s.Exprs...), e), "="
			s.Exprs = nil
			p.i++
			continue
		case ":": // an annotation
			s.Targets = append(s.Targets, e)
			p.i++
			p.expr()
			if p.peek() == "=" {
				s.Assign = "="
				p.i++
			}
			continue
		}
		s.Exprs = append(s.Exprs, e)
		if p.peek() == "," || p.i == before {
			p.i++
		}
	}
}

// augmented returns the operator of an assignment such as x += 1, or "".
func (e *Expr) augmented() string {
	if e.Kind != Other || len(e.Items) == 0 || len(e.Ops) == 0 {
		return ""
	}
	if op := e.Ops[0]; len(op) > 1 && op[len(op)-1] == '=' && !slices.Contains([]string{"==", "!=", "<=", ">=", ":="}, op) {
		return op
	}
	return ""
}

// imports reads the names that an import binds.
func (b *blocks) imports(keyword string) {
	p := &b.p
	from := ""
	if keyword == "from" {
		from = b.dotted() + "."
		if p.peek() == "import" {
			p.i++
		}
		if p.peek() == "(" {
			p.i++
		}
	}
	for p.i < p.end && p.peek() != ";" {
		name := b.dotted()
		switch {
		case name == "":
			p.i++
		case p.peek() == "as" && p.i+1 < p.end:
			p.i++
			b.module.Imports[p.peek()] = from + name
			p.i++
		case from != "":
			b.module.Imports[name] = from + name
		default:
			b.module.Imports[name] = name
		}
	}
}

// dotted reads a name with dots, in it or before it.
func (b *blocks) dotted() string {
	p := &b.p
	name := ""
	for p.i < p.end {
		text := p.peek()
		if text != "." && text != "..." && (p.kind() != Name || text == "import" || text == "as") {
			break
		}
		if name != "" && p.kind() == Name && name[len(name)-1] != '.' {
			break
		}
		name += text
		p.i++
	}
	return name
}
