package js

// Imports returns what another module exports under a name: default, or * for all
// of it. The bool is false if that is not known. It may ask [Program.Export] of
// that module.
type Imports func(module, name string) (Value, bool)

// module returns what another module exports.
func (p *reader) module(module, name string) (Value, bool) {
	if p.imports == nil {
		return Value{}, false
	}
	v, ok := p.imports(module, name)
	if ok {
		p.steps += v.size()
	}
	return v, ok && p.steps <= maxSteps
}

// member returns what another module exports, or the member of it that is taken at
// i, and the index after it; 0 if it is not known.
func (p *reader) member(module, name string, i int) (v Value, after int) {
	if name == "*" && p.At(i) == "." && p.Kind(i+1) == Name {
		if v, ok := p.module(module, p.At(i+1)); ok {
			return v, i + 2
		}
	}
	if v, ok := p.module(module, name); ok {
		return v, i
	}
	return Value{}, 0
}

// size is how many values a value has in it, with itself.
func (v *Value) size() int {
	n := 1
	for i := range v.Items {
		n += v.Items[i].size()
	}
	for i := range v.Props {
		n += v.Props[i].Value.size()
	}
	return n
}

// Locate says which program a value is in that came of another one, unless it says
// so already.
func (v *Value) Locate(p *Program) {
	if v.In != nil {
		return
	}
	v.In, v.Used = p, v.Range
	for i := range v.Items {
		v.Items[i].Locate(p)
	}
	for i := range v.Props {
		v.Props[i].Value.Locate(p)
	}
	if v.Default != nil {
		v.Default.Locate(p)
	}
}

// exports is what a module exports.
type exports struct {
	// whole is the expression that module.exports is, or empty.
	whole Range
	// names are the others, in their order.
	names []export
}

// export is a name that a module exports: an expression, or what another module
// exports under the name from. A name * stands for all that the other one exports.
type export struct {
	name         string
	value        Range
	module, from string
}

// Export returns what the module exports under a name: default, or * for all of
// it. The bool is false if that is not clear.
func (p *Program) Export(name string, imports Imports) (Value, bool) {
	e := p.exports()
	read := func(r Range) Value {
		v := p.ValueWith(r, imports)
		v.Locate(p)
		return v
	}
	for i := len(e.names) - 1; i >= 0; i-- {
		if x := &e.names[i]; x.name == name && name != "*" {
			return p.reexport(x, imports, read)
		}
	}
	if e.whole.End > e.whole.Start {
		v := read(e.whole)
		if name == "*" || name == "default" {
			return v, true
		}
		if prop := v.Prop(name); v.Kind == ObjectValue && prop != nil {
			return prop.Value, true
		}
		return Value{}, false
	}
	if name == "*" || name == "default" {
		return p.namespace(e, imports, read), len(e.names) > 0
	}
	for i := range e.names {
		if x := &e.names[i]; x.name == "*" && imports != nil {
			if v, ok := imports(x.module, name); ok {
				return v, true
			}
		}
	}
	return Value{}, false
}

// reexport returns the value of a name that is exported.
func (p *Program) reexport(x *export, imports Imports, read func(Range) Value) (Value, bool) {
	if x.module == "" {
		return read(x.value), true
	}
	if imports == nil {
		return Value{}, false
	}
	return imports(x.module, x.from)
}

// namespace returns all names that a module exports as an object.
func (p *Program) namespace(e *exports, imports Imports, read func(Range) Value) Value {
	v := Value{Kind: ObjectValue, In: p, Range: Range{Start: 0, End: 1}, Used: Range{Start: 0, End: 1}}
	for i := range e.names {
		x := &e.names[i]
		if x.name == "*" {
			v.Open = true
			continue
		}
		if value, ok := p.reexport(x, imports, read); ok {
			v.Props = append(v.Props, Prop{Name: x.name, Value: value, Range: value.Range})
		}
	}
	return v
}

// exports finds what the module exports, once.
func (p *Program) exports() *exports {
	if p.exported != nil {
		return p.exported
	}
	e := &exports{}
	p.exported = e
	for _, r := range p.Statements(-1) {
		i := r.Start
		rest := func(i int) Range { return Range{Start: i, End: p.ExpressionEnd(i, r.End)} }
		switch {
		case p.Is(i, "export", "default"):
			e.add("default", p.defaultValue(i+2, r.End))
		case p.Is(i, "export", "="):
			e.whole = rest(i + 2)
		case p.Is(i, "exports", "=", "module", ".", "exports", "="):
			e.whole = rest(i + 6)
		case p.Is(i, "module", ".", "exports", "=", "exports", "="):
			e.whole = rest(i + 6)
		case p.Is(i, "module", ".", "exports", "="):
			e.whole = rest(i + 4)
		case p.Is(i, "module", ".", "exports", ".") && p.At(i+5) == "=":
			e.add(p.At(i+4), rest(i+6))
		case p.Is(i, "exports", ".") && p.At(i+3) == "=":
			e.add(p.At(i+2), rest(i+4))
		case p.At(i) == "export":
			p.exportNames(e, r)
		}
	}
	return e
}

func (e *exports) add(name string, value Range) {
	e.names = append(e.names, export{name: name, value: value})
}

// defaultValue returns the expression after export default, or the name of the
// function there.
func (p *Program) defaultValue(i, end int) Range {
	name := i
	if p.At(name) == "async" {
		name++
	}
	if p.At(name) == "function" && p.Kind(name+1) == Name {
		return Range{Start: name + 1, End: name + 2}
	}
	return Range{Start: i, End: p.ExpressionEnd(i, end)}
}

// exportNames reads a statement that exports names.
func (p *Program) exportNames(e *exports, r Range) {
	i := r.Start + 1
	switch {
	case p.At(i) == "type" || p.At(i) == "interface":
	case p.At(i) == "*":
		if module, ok := p.fromModule(r); ok && p.At(i+1) == "from" {
			e.names = append(e.names, export{name: "*", module: module, from: "*"})
		}
	case p.At(i) == "{":
		module, _ := p.fromModule(r)
		for _, item := range p.Args(i) {
			if item.End > item.Start {
				e.names = append(e.names, export{name: p.At(item.End - 1), value: Range{Start: item.Start, End: item.Start + 1}, module: module, from: p.At(item.Start)})
			}
		}
	default:
		for k := i; k < min(r.End, i+maxExported); k++ {
			if p.Kind(k) != Name {
				continue
			}
			for _, d := range p.decls[p.At(k)] {
				if d.Token == k && d.Scope.Start == 0 {
					e.add(d.Name, Range{Start: k, End: k + 1})
				}
			}
		}
	}
}

// maxExported is how many tokens of a declaration are looked at for names.
const maxExported = 5000

// fromModule returns the module that a statement re-exports from.
func (p *Program) fromModule(r Range) (string, bool) {
	for i := r.End - 1; i > r.Start; i-- {
		if p.Kind(i) == String && p.At(i-1) == "from" {
			return stringText(p.At(i))
		}
	}
	return "", false
}

// Constants returns what a file exports under a name that has nothing but a
// literal, as JSON has: default or * for all of it.
func (p *Program) Constants(name string) (Value, bool) {
	v := p.Value(Range{Start: 0, End: len(p.Tokens)})
	v.Locate(p)
	if name == "*" || name == "default" {
		return v, v.Kind != DynamicValue
	}
	if prop := v.Prop(name); prop != nil {
		return prop.Value, true
	}
	return Value{}, false
}
