package js

import "slices"

// Call is a call of a function.
type Call struct {
	// Range is all of it, from the name to the closing parenthesis.
	Range

	// Open is the opening parenthesis.
	Open int
	Args []Range
}

func (p *Program) call(start, open int) Call {
	return Call{Range{Start: start, End: p.Partner(open) + 1}, open, p.Args(open)}
}

// Calls returns the calls of what a module exports as its default, or as a whole,
// under whatever name, in their order; and where it is used without being called.
func (p *Program) Calls(module string) (calls []Call, uses []int) {
	return p.CallsOf(func(m, name string) bool { return m == module && (name == "default" || name == "*") })
}

// CallsOf returns the calls of what other modules export under names that match,
// in their order, and where it is used without being called. A module as a whole
// has the name *.
func (p *Program) CallsOf(match func(module, name string) bool) (calls []Call, uses []int) {
	add := func(start, after int) {
		if p.Is(after, ".", "default") {
			after += 2
		}
		if p.At(after) == "<" { // type arguments
			after = p.angles(after)
		}
		if p.At(after) == "(" {
			calls = append(calls, p.call(start, after))
		} else if p.At(after) != "." {
			uses = append(uses, start)
		}
	}
	member := func(module string, start, after int) {
		if p.At(after) == "." && match(module, p.At(after+1)) {
			add(start, after+2)
		}
	}
	for _, d := range p.modules {
		whole := match(d.Module, d.Imported)
		if d.TypeOnly || !whole && d.Imported != "default" && d.Imported != "*" {
			continue
		}
		for _, i := range p.Uses(d) {
			if whole {
				add(i, i+1)
			} else {
				member(d.Module, i, i+1)
			}
		}
	}
	for _, i := range p.Names("require") {
		if name, end := p.RequireAt(i); name != "" && !p.isDeclared(i) {
			if match(name, "*") {
				add(i, end)
			} else {
				member(name, i, end)
			}
		}
	}
	slices.SortFunc(calls, func(a, b Call) int { return a.Start - b.Start })
	return calls, uses
}

// isDeclared reports whether a call of require only gives a name to a module.
func (p *Program) isDeclared(i int) bool {
	return slices.ContainsFunc(p.Modules(), func(d *Decl) bool { return d.Init.Start <= i && i < d.Init.End })
}

// angles returns the index after type arguments.
func (p *Program) angles(i int) int {
	depth := 0
	for n := 0; n < maxType && i < len(p.Tokens); n++ {
		switch p.At(i) {
		case "<":
			depth++
		case ">":
			depth--
		case ">>":
			depth -= 2
		}
		i = p.Skip(i)
		if depth <= 0 {
			return i
		}
	}
	return i
}

// Methods returns the calls of a method of any object, such as x.use(…). Start is
// the name of the method.
func (p *Program) Methods(name string) (calls []Call) {
	for _, i := range p.Members(name) {
		after := i + 1
		if p.At(after) == "<" {
			after = p.angles(after)
		}
		if p.At(after) == "(" {
			calls = append(calls, p.call(i, after))
		}
	}
	return calls
}

// maxChain is how many calls and members are followed to the beginning of a
// chain.
const maxChain = 3000

// Receiver returns the expression before the dot of a method: names, members,
// calls, such as express() or app.route('/x').
func (p *Program) Receiver(method int) Range {
	end := method - 1 // the dot
	i := end - 1
	for n := 0; i >= 0 && n < maxChain; n++ {
		if other := p.Partner(i); other >= 0 && other < i && p.Kind(i) == Punctuator {
			i = other
			if before := p.Kind(i - 1); p.At(i) != "{" && (before == Name && !beforeOperand[p.At(i-1)] || p.At(i-1) == ")" || p.At(i-1) == "]") {
				i--
				continue
			}
		}
		if before := p.At(i - 1); before == "." || before == "?." {
			i -= 2
			continue
		}
		break
	}
	return Range{Start: max(i, 0), End: end}
}

// Root returns the first token of a receiver, without what it calls: app in
// app.use(a).use(b). For this.app it is app.
func (p *Program) Root(r Range) int {
	if p.Is(r.Start, "this", ".") && r.Start+2 < r.End {
		return r.Start + 2
	}
	return r.Start
}
