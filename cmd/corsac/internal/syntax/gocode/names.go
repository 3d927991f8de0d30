package gocode

import (
	"go/ast"
	"go/token"
	"slices"
)

// decl is what gives a name a value.
type decl struct {
	file *File
	// node is the declaration or statement; value is nil if the file does not
	// show one, as for a parameter.
	node  ast.Node
	value ast.Expr
}

// maxDepth bounds how far names are followed.
const maxDepth = 20

// Resolve follows an identifier to the expression that is its value, if there is
// just one: a constant, or a variable that is set once. Parentheses and & are
// left out. What is not an identifier is returned as it is.
func (f *File) Resolve(e ast.Expr) (*File, ast.Expr) {
	for range maxDepth {
		e = ast.Unparen(e)
		if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
			e = ast.Unparen(u.X)
		}
		id, ok := e.(*ast.Ident)
		if !ok {
			return f, e
		}
		d := f.declared(id)
		if d == nil || d.value == nil {
			return f, e
		}
		f, e = d.file, d.value
	}
	return f, e
}

// Definition returns the file and the node that declares a name and gives it its
// value: a [*ast.ValueSpec], [*ast.AssignStmt] or [*ast.FuncDecl]. They are nil if
// there is none, or it is set more than once.
func (f *File) Definition(id *ast.Ident) (*File, ast.Node) {
	if d := f.declared(id); d != nil {
		return d.file, d.node
	}
	return nil, nil
}

// declared returns what an identifier means, or nil if that is not certain.
func (f *File) declared(id *ast.Ident) *decl {
	if local := f.locals(id); len(local) > 0 {
		if len(local) > 1 {
			return nil
		}
		return &local[0]
	}
	if global := f.Package.global(id.Name); len(global) == 1 {
		return &global[0]
	}
	return nil
}

// locals returns what gives a name a value in the function around an identifier.
// Blocks make no difference: a name with two meanings has two.
func (f *File) locals(id *ast.Ident) []decl {
	d := f.Declaration(id)
	if d == nil {
		return nil
	}
	names, ok := f.names[d]
	if !ok {
		names = f.localNames(d)
		f.names[d] = names
	}
	return names[id.Name]
}

// shadowed reports whether an identifier may be a name of the function around it.
// A declaration counts from its end: in cors := cors.New(options), the second is
// still the package.
func (f *File) shadowed(id *ast.Ident) bool {
	return slices.ContainsFunc(f.locals(id), func(d decl) bool {
		end := d.node.End()
		if loop, ok := d.node.(*ast.RangeStmt); ok {
			end = loop.Body.Pos()
		}
		return end <= id.Pos()
	})
}

// localNames returns what gives the names of a function values.
func (f *File) localNames(d *ast.FuncDecl) map[string][]decl {
	names := map[string][]decl{}
	add := func(e ast.Expr, node ast.Node, value ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id != nil && id.Name != "_" {
			names[id.Name] = append(names[id.Name], decl{f, node, value})
		}
	}
	fields := func(lists ...*ast.FieldList) {
		for _, list := range lists {
			if list == nil {
				continue
			}
			for _, field := range list.List {
				for _, id := range field.Names {
					add(id, field, nil)
				}
			}
		}
	}
	fields(d.Recv)
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			fields(n.Params, n.Results)
		case *ast.AssignStmt:
			for i, e := range n.Lhs {
				add(ast.Unparen(e), n, assigned(n, i))
			}
		case *ast.RangeStmt:
			add(n.Key, n, nil)
			add(n.Value, n, nil)
		case *ast.IncDecStmt:
			add(ast.Unparen(n.X), n, nil)
		case *ast.ValueSpec:
			for i, id := range n.Names {
				add(id, n, specified(n, i))
			}
		}
		return true
	})
	for name, list := range names {
		if !slices.ContainsFunc(list, defines) {
			delete(names, name) // it is only set here, which Package.global sees
		}
	}
	return names
}

// defines reports whether a declaration makes a new name.
func defines(d decl) bool {
	switch n := d.node.(type) {
	case *ast.AssignStmt:
		return n.Tok == token.DEFINE
	case *ast.RangeStmt:
		return n.Tok == token.DEFINE
	case *ast.IncDecStmt:
		return false
	}
	return true
}

// assigned returns what a statement sets the ith name on its left to; nil if it
// does not say.
func assigned(n *ast.AssignStmt, i int) ast.Expr {
	if len(n.Lhs) == len(n.Rhs) && (n.Tok == token.DEFINE || n.Tok == token.ASSIGN) {
		return n.Rhs[i]
	}
	return nil
}

// specified returns the value of the ith name of a declaration; nil if it has
// none.
func specified(n *ast.ValueSpec, i int) ast.Expr {
	if len(n.Names) == len(n.Values) {
		return n.Values[i]
	}
	return nil
}

// global returns what gives a name of the package a value.
func (p *Package) global(name string) []decl {
	if p.decls == nil {
		p.decls = map[string][]decl{}
		for _, f := range p.Files {
			f.declareGlobals()
		}
		for _, f := range p.Files {
			f.declareSettings()
		}
	}
	return p.decls[name]
}

func (f *File) declareGlobals() {
	add := func(name string, d decl) { f.Package.decls[name] = append(f.Package.decls[name], d) }
	for _, d := range f.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name.Name, decl{file: f, node: d})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.ValueSpec); ok {
					for i, id := range spec.Names {
						add(id.Name, decl{f, spec, specified(spec, i)})
					}
				}
			}
		}
	}
}

// declareSettings adds the statements that set variables of the package.
func (f *File) declareSettings() {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		s, ok := n.(*ast.AssignStmt)
		if !ok || s.Tok == token.DEFINE {
			return true
		}
		for _, e := range s.Lhs {
			id, ok := ast.Unparen(e).(*ast.Ident)
			if ok && len(f.Package.decls[id.Name]) > 0 && len(f.locals(id)) == 0 {
				f.Package.decls[id.Name] = append(f.Package.decls[id.Name], decl{file: f, node: s})
			}
		}
		return true
	})
}

// Func returns the function of the package that an identifier or a function
// literal is, with its file; nil if it is neither.
func (f *File) Func(e ast.Expr) (*File, *ast.FuncType, *ast.BlockStmt) {
	at, e := f.Resolve(e)
	switch e := e.(type) {
	case *ast.FuncLit:
		return at, e.Type, e.Body
	case *ast.Ident:
		if d := at.declared(e); d != nil {
			if fn, ok := d.node.(*ast.FuncDecl); ok && fn.Body != nil {
				return d.file, fn.Type, fn.Body
			}
		}
	}
	return nil, nil, nil
}

// Declares reports whether a name is a variable that is declared without a value,
// and never set as a whole.
func (f *File) Declares(id *ast.Ident) bool {
	d := f.declared(id)
	if d == nil || d.value != nil {
		return false
	}
	_, ok := d.node.(*ast.ValueSpec)
	return ok
}

// Uses returns the identifiers with a name below a node that are not selected from
// something, in their order. The names of fields in literals are among them, as
// they may be the keys of a map.
func (f *File) Uses(below ast.Node, name string) (list []*ast.Ident) {
	ast.Inspect(below, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || id.Name != name {
			return true
		}
		if sel, ok := f.parents[id].(*ast.SelectorExpr); ok && sel.Sel == id {
			return true
		}
		list = append(list, id)
		return true
	})
	return list
}

// Block returns the block or case that a node's statement stands in, or nil.
func (f *File) Block(n ast.Node) ast.Node {
	_, block := f.Statement(n)
	return block
}

// NamesOf returns the identifiers in an expression, each name once.
func (f *File) NamesOf(e ast.Expr) (list []*ast.Ident) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !slices.ContainsFunc(list, func(other *ast.Ident) bool { return other.Name == id.Name }) {
			list = append(list, id)
		}
		return true
	})
	return list
}

// Indexed returns the expression of which a variable says whether a map has the
// key, as in _, ok := m[key]; nil if it is something else.
func (f *File) Indexed(id *ast.Ident) *ast.IndexExpr {
	_, node := f.Definition(id)
	s, ok := node.(*ast.AssignStmt)
	if !ok || len(s.Lhs) != 2 || len(s.Rhs) != 1 || f.Source(s.Lhs[1]) != id.Name {
		return nil
	}
	index, _ := s.Rhs[0].(*ast.IndexExpr)
	return index
}

// DeclaresGlobal reports whether the package declares a name at its top level,
// also a type.
func (p *Package) DeclaresGlobal(name string) bool {
	if len(p.global(name)) > 0 {
		return true
	}
	for _, f := range p.Files {
		for _, d := range f.AST.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.Name == name {
					return true
				}
			}
		}
	}
	return false
}
