package js

// Function is a function, a method or an arrow function.
type Function struct {
	// Range is all of it, and Body what is inside: the statements with their
	// braces if Block, or else an expression.
	Range

	Body   Range
	Block  bool
	Params []Range
	// Names are the names of the parameters; "" for patterns.
	Names []string
}

// Function returns the innermost function around a token, or nil.
func (p *Program) Function(i int) *Function {
	if i < 0 || i >= len(p.inside) || p.inside[i] < 0 {
		return nil
	}
	return p.functions[p.inside[i]]
}

// FunctionAt returns the function that begins at a token, or nil.
func (p *Program) FunctionAt(i int) *Function {
	for f := p.Function(i); f != nil; f = p.Function(f.Start - 1) {
		if f.Start == i {
			return f
		}
		if f.Start < i {
			break
		}
	}
	return nil
}

// findFunctions finds all functions. It is false if they are nested so deeply
// that it would take long.
func (p *Program) findFunctions() bool {
	budget := 50*len(p.Tokens) + 10_000
	var list []*Function
	for i := len(p.Tokens) - 1; i >= 0; i-- {
		f := p.functionAt(i)
		if f == nil {
			continue
		}
		if budget -= f.End - f.Start; budget < 0 {
			return false
		}
		f.End = max(f.End, f.Start+1)
		list = append(list, f)
	}
	p.inside = make([]int32, len(p.Tokens))
	for i := range p.inside {
		p.inside[i] = -1
	}
	var open []int32
	next := len(list) - 1
	for i := range p.Tokens {
		for len(open) > 0 && p.functions[open[len(open)-1]].End <= i {
			open = open[:len(open)-1]
		}
		for next >= 0 && list[next].Start == i {
			p.functions = append(p.functions, list[next])
			open = append(open, int32(len(p.functions)-1))
			next--
		}
		if len(open) > 0 {
			p.inside[i] = open[len(open)-1]
		}
	}
	return true
}

// functionAt returns the function that has its first token at i, without those
// that begin with async.
func (p *Program) functionAt(i int) *Function {
	if p.Kind(i) != Name && p.At(i) != "(" {
		return nil
	}
	before := p.At(i - 1)
	switch {
	case before == "." || before == "?.":
		return nil
	case p.At(i) == "function":
		open := i + 1
		for open < i+4 && p.At(open) != "(" {
			open++
		}
		return p.withBody(i, open)
	case p.At(i) == "(":
		return p.arrow(i, p.arrowAfter(i))
	case p.At(i+1) == "=>":
		return p.arrow(i, i+1)
	case p.At(i+1) == "(" && before != "function" && before != "*" && before != "new":
		switch p.At(i) {
		case "if", "for", "while", "switch", "with", "catch", "return", "await", "async":
			return nil
		}
		if up := p.Up(i); up >= 0 && p.At(up) == "{" {
			return p.withBody(i, i+1)
		}
	}
	return nil
}

// withBody returns a function whose parameters begin at open, if a block follows
// them.
func (p *Program) withBody(start, open int) *Function {
	if p.At(open) != "(" {
		return nil
	}
	body := p.Partner(open) + 1
	if p.At(body) == ":" {
		for n := 0; n < maxType && body < len(p.Tokens) && p.At(body) != ";" && (p.At(body) != "{" || p.At(body-1) == ":"); n++ {
			body = p.Skip(body)
		}
	}
	if p.At(body) != "{" || p.Newline(body) && p.At(start) != "function" {
		return nil
	}
	end := p.Skip(body)
	f := &Function{Range: Range{Start: start, End: end}, Body: Range{Start: body, End: end}, Block: true}
	f.parameters(p, p.Args(open))
	return f
}

// maxType is how many tokens the type of a result has, at most.
const maxType = 60

// arrowAfter returns the => that belongs to parameters in parentheses, or -1.
func (p *Program) arrowAfter(open int) int {
	i := p.Partner(open) + 1
	if p.At(i) == "=>" {
		return i
	}
	if p.At(i) != ":" || p.Dialect == JavaScript || p.At(open-1) == "?" {
		return -1
	}
	for n := 0; n < maxType; n++ {
		switch i = p.Skip(i); p.At(i) {
		case "=>":
			return i
		case "", ",", ";", "=", "?", ")", "]", "}", "{":
			return -1
		}
	}
	return -1
}

// arrow returns the arrow function with its parameters at start, or nil.
func (p *Program) arrow(start, arrow int) *Function {
	if arrow < 0 {
		return nil
	}
	body := arrow + 1
	f := &Function{Range: Range{Start: start}, Body: Range{Start: body}, Block: p.At(body) == "{"}
	if f.Block {
		f.Body.End = p.Skip(body)
	} else {
		f.Body.End = max(p.ExpressionEnd(body, len(p.Tokens)), min(body+1, len(p.Tokens)))
	}
	f.End = f.Body.End
	if p.At(start) == "(" {
		f.parameters(p, p.Args(start))
	} else {
		f.parameters(p, []Range{{Start: start, End: start + 1}})
	}
	return f
}

func (f *Function) parameters(p *Program, params []Range) {
	f.Params = params
	for _, r := range params {
		i := r.Start
		for i < r.End-1 && (p.At(i) == "..." || p.Kind(i) == Name && p.Kind(i+1) == Name) { // modifiers
			i++
		}
		name := ""
		if i < r.End && p.Kind(i) == Name {
			name = p.At(i)
		}
		f.Names = append(f.Names, name)
	}
}
