package js

import "slices"

// Decl is a declaration of a name.
type Decl struct {
	Name string
	// Token is where the name is; Scope is where it means this.
	Token int
	Scope Range
	// Init is what a variable begins as; empty if it is not a variable, or has
	// none. Key is the property of it that a pattern takes; "" for all of it.
	Init Range
	Key  string
	// Function is what a function does; nil for other names.
	Function *Function
	// Module is where the name comes from, if that is another one, and Imported
	// its name there: default, or * for all of the module.
	Module, Imported string
	// Required says that it comes from require, and TypeOnly that it is a type.
	Required, TypeOnly bool
	// Statement is that of an import.
	Statement Range

	counted, judged, changed bool // what is known of the next, and of Constant
	uses                     []int
}

// Decl returns what a name at a token means, or nil if that is not clear.
func (p *Program) Decl(i int) *Decl {
	d, ok := p.meant[i]
	if !ok {
		d = p.decl(i)
		p.meant[i] = d
	}
	return d
}

func (p *Program) decl(i int) *Decl {
	if len(p.decls[p.At(i)]) > maxDecls {
		return nil
	}
	var best *Decl
	unclear := false
	for _, d := range p.decls[p.At(i)] {
		switch {
		case i < d.Scope.Start || i >= d.Scope.End:
		case best == nil || d.Scope.Start > best.Scope.Start || d.Scope.Start == best.Scope.Start && d.Scope.End < best.Scope.End:
			best, unclear = d, false
		case d.Scope == best.Scope:
			unclear = true
		}
	}
	if unclear {
		return nil
	}
	return best
}

// maxDecls is how many declarations a name has, at most; what it means is not
// clear if there are more.
const maxDecls = 200

func (p *Program) add(d *Decl) {
	if d.Name != "" && len(p.decls[d.Name]) <= maxDecls {
		p.decls[d.Name] = append(p.decls[d.Name], d)
	}
}

// scope returns the block that a token is in.
func (p *Program) scope(i int) Range {
	for open := p.Up(i); open >= 0; open = p.Up(open) {
		if p.At(open) == "{" && !p.isObject(open) {
			return Range{Start: open, End: p.Partner(open) + 1}
		}
	}
	return Range{Start: 0, End: len(p.Tokens)}
}

// declare finds all declarations.
func (p *Program) declare() {
	for _, word := range []string{"const", "let", "var"} {
		for _, i := range p.Names(word) {
			p.variables(i + 1)
		}
	}
	for _, word := range []string{"function", "class"} {
		for _, i := range p.Names(word) {
			name := i + 1
			if p.At(name) == "*" {
				name++
			}
			if p.Kind(name) == Name && p.At(name) != "extends" {
				p.add(&Decl{Name: p.At(name), Token: name, Scope: p.scope(i), Function: p.FunctionAt(i)})
			}
		}
	}
	for _, f := range p.functions {
		for k, r := range f.Params {
			if f.Names[k] != "" {
				p.add(&Decl{Name: f.Names[k], Token: r.Start, Scope: f.Range})
			} else {
				p.pattern(r.Start, func(d *Decl) { d.Scope, d.Key = f.Range, "" })
			}
		}
	}
	for _, i := range p.Names("import") {
		if p.Up(i) < 0 && p.At(i+1) != "(" && p.At(i+1) != "." {
			p.imports(i)
		}
	}
	for _, decls := range p.decls {
		for _, d := range decls {
			if d.Module != "" {
				p.modules = append(p.modules, d)
			}
		}
	}
	slices.SortFunc(p.modules, func(a, b *Decl) int { return a.Token - b.Token })
}

// variables reads the declarators after const, let or var.
func (p *Program) variables(i int) {
	scope := p.scope(i)
	for i < len(p.Tokens) {
		name := i
		if p.Kind(i) != Name && p.At(i) != "{" && p.At(i) != "[" {
			return
		}
		i = p.typeEnd(p.Skip(i))
		var init Range
		if p.At(i) == "=" {
			init = Range{Start: i + 1, End: p.ExpressionEnd(i+1, len(p.Tokens))}
			i = init.End
		}
		complete := func(d *Decl) {
			d.Scope, d.Init = scope, init
			p.required(d)
		}
		if p.Kind(name) == Name {
			d := &Decl{Name: p.At(name), Token: name}
			complete(d)
			p.add(d)
		} else {
			p.pattern(name, complete)
		}
		if p.At(i) != "," {
			return
		}
		i++
	}
}

// typeEnd returns the index after the type of a variable, if there is one.
func (p *Program) typeEnd(i int) int {
	if p.At(i) == "!" {
		i++
	}
	if p.At(i) != ":" {
		return i
	}
	angles := 0
	for i++; i < len(p.Tokens); {
		switch text := p.At(i); text {
		case "<":
			angles++
		case ">":
			angles--
		case ">>":
			angles -= 2
		case ",", "=", ";", ")", "]", "}", "of", "in":
			if angles <= 0 {
				return i
			}
		}
		i = p.Skip(i)
		if p.Newline(i) && angles <= 0 && p.endsOperand(i-1) && !p.continues(i) {
			return i
		}
	}
	return i
}

// pattern adds the names of a pattern, of one level.
func (p *Program) pattern(open int, complete func(*Decl)) {
	if p.At(open) == "..." {
		open++
	}
	if p.At(open) != "{" && p.At(open) != "[" {
		return
	}
	for _, r := range p.Args(open) {
		i := r.Start
		if p.At(i) == "..." {
			i++
		}
		key := p.At(i)
		if p.At(i+1) == ":" && i+2 < r.End {
			i += 2
		}
		if p.Kind(i) != Name {
			continue
		}
		d := &Decl{Name: p.At(i), Token: i, Key: key}
		if p.At(open) == "[" || r.Start != i && p.At(r.Start) == "..." || p.At(i+1) == "=" {
			d.Key = "[]" // no property has this name
		}
		complete(d)
		p.add(d)
	}
}

// required completes a declaration that takes a module with require or import().
func (p *Program) required(d *Decl) {
	r := d.Init
	if r.End <= r.Start {
		return
	}
	d.Statement, _ = p.Statement(r.Start)
	i := r.Start
	if p.At(i) == "await" {
		i++
	}
	module, end := p.RequireAt(i)
	if module == "" {
		return
	}
	d.Module, d.Imported, d.Required = module, "*", true
	if p.At(end) == "." && end+2 == r.End {
		d.Imported, end = p.At(end+1), end+2
	}
	if d.Key != "" {
		if d.Imported != "*" {
			d.Module = ""
		}
		d.Imported = d.Key
	}
	if end != r.End && !(p.At(end) == "as" || p.At(end) == "satisfies") {
		d.Module = "" // it calls something of it
	}
}

// RequireAt returns the module of a call of require or import() at a token, also
// one inside of __importDefault(…) or the like, and the index after it; "" if
// there is none.
func (p *Program) RequireAt(i int) (module string, end int) {
	switch name := p.At(i); name {
	case "require", "import", "__importDefault", "__importStar", "_interopRequireDefault", "_interopRequireWildcard", "__toESM":
		if p.At(i+1) != "(" || p.At(i-1) == "." {
			return "", i
		}
		args := p.Args(i + 1)
		if len(args) == 0 {
			return "", i
		}
		end = p.Partner(i+1) + 1
		if name != "require" && name != "import" {
			module, _ = p.RequireAt(args[0].Start)
			return module, end
		}
		if v := p.Value(args[0]); v.Kind == StringValue && len(args) == 1 {
			return v.Text, end
		}
	}
	return "", i
}

// imports reads an import declaration.
func (p *Program) imports(i int) {
	statement, ok := p.Statement(i)
	if !ok {
		return
	}
	end := statement.End
	typeOnly := p.At(i+1) == "type" && p.At(i+2) != "from" && p.At(i+2) != ","
	if typeOnly {
		i++
	}
	from := p.Until(i+1, end, ";")
	if p.At(i+2) == "=" { // import x = require('x')
		if module, _ := p.RequireAt(i + 3); module != "" {
			p.add(&Decl{Name: p.At(i + 1), Token: i + 1, Scope: Range{Start: 0, End: len(p.Tokens)}, Module: module, Imported: "*", Required: true, Statement: statement})
		}
		return
	}
	source := slices.IndexFunc(p.Tokens[i:from], func(t Token) bool { return t.Kind == String })
	if source < 0 {
		return
	}
	module, ok := stringText(p.At(i + source))
	if !ok {
		return
	}
	add := func(token int, imported string, typed bool) {
		p.add(&Decl{Name: p.At(token), Token: token, Scope: Range{Start: 0, End: len(p.Tokens)}, Module: module, Imported: imported, TypeOnly: typed, Statement: statement})
	}
	for i++; i < from && p.At(i) != "from"; i++ {
		switch {
		case p.At(i) == "*" && p.At(i+1) == "as":
			add(i+2, "*", typeOnly)
			i += 2
		case p.At(i) == "{":
			for _, r := range p.Args(i) {
				k := r.Start
				typed := typeOnly
				if p.At(k) == "type" && r.End-k > 1 && p.At(k+1) != "as" {
					k, typed = k+1, true
				}
				name := p.At(k)
				if text, ok := stringText(name); ok {
					name = text
				}
				add(r.End-1, name, typed)
			}
			i = p.Partner(i)
		case p.Kind(i) == Name:
			add(i, "default", typeOnly)
		}
	}
}

// Imports returns the names of a module, or of a path, in the file.
func (p *Program) Imports(module string) (list []*Decl) {
	for _, d := range p.modules {
		if d.Module == module && !d.TypeOnly {
			list = append(list, d)
		}
	}
	return list
}

// Modules returns the names that come from other modules, in their order.
func (p *Program) Modules() []*Decl { return p.modules }

// Uses returns the tokens that a declaration is meant by, other than its own.
func (p *Program) Uses(d *Decl) []int {
	if d.counted {
		return d.uses
	}
	d.counted = true
	if len(p.decls[d.Name]) > maxDecls {
		return nil
	}
	for _, i := range p.Names(d.Name) {
		if i != d.Token && !p.isKey(i) && p.Decl(i) == d {
			d.uses = append(d.uses, i)
		}
	}
	return d.uses
}

// isKey reports whether a name is the key of a property, not a value.
func (p *Program) isKey(i int) bool {
	up := p.Up(i)
	return up >= 0 && p.At(up) == "{" && p.At(i+1) == ":" && (p.At(i-1) == "{" || p.At(i-1) == ",")
}

// changers are methods that change an array.
var changers = []string{"push", "unshift", "splice", "pop", "shift", "sort", "reverse", "fill", "length"}

// Constant reports whether nothing in the file changes a variable.
func (p *Program) Constant(d *Decl) bool {
	if !d.judged {
		d.judged = true // before it is asked again about names that stand for each other
		d.changed = p.changes(d)
	}
	return !d.changed
}

// changes reports whether something in the file changes a variable, or what it
// has, also under another name.
func (p *Program) changes(d *Decl) bool {
	for _, i := range p.Uses(d) {
		next := i + 1
		for p.At(next) == "." || p.At(next) == "?." || p.At(next) == "[" {
			switch {
			case p.At(next) == "[":
				next = p.Skip(next)
			case slices.Contains(changers, p.At(next+1)):
				return true
			default:
				next += 2
			}
		}
		switch p.At(next) {
		case "=", "+=", "||=", "??=", "&&=", "++", "--":
			return true
		}
		switch before := p.At(i - 1); before {
		case "++", "--", "delete":
			return true
		case "(":
			if p.At(i-3) == "." && slices.Contains(writers, p.At(i-2)) {
				return true
			}
		case "=":
			alias := p.Decl(i - 2)
			if alias != nil && alias != d && alias.Init == (Range{Start: i, End: next}) && !p.Constant(alias) {
				return true
			}
		}
	}
	return false
}

// writers are functions that change their first argument, of Object and of
// libraries such as lodash.
var writers = []string{"assign", "assignIn", "defaults", "defaultsDeep", "defineProperty", "defineProperties", "extend", "merge", "setPrototypeOf"}
