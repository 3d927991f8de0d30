package stacks

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// takeOutEmpty takes out one thing that the changes have left without use: a
// function that does nothing, a variable or an import. It reports whether there
// was one.
func (p *goProject) takeOutEmpty() (changed bool, err error) {
	packages := p.packages()
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			if p.before[f.Name] == nil || f.Err != nil {
				continue
			}
			edits := unusedLocals(f)
			if len(edits) == 0 {
				edits = unusedImports(f, p.before[f.Name])
			}
			if len(edits) > 0 {
				return true, p.edit(f, edits...)
			}
			if changed, err := p.takeOutFunctions(packages, f); changed || err != nil {
				return changed, err
			}
		}
	}
	return false, nil
}

// takeOutFunctions takes out a function of a file that does nothing any more.
func (p *goProject) takeOutFunctions(packages []*gocode.Package, f *gocode.File) (bool, error) {
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil || fn.Name.Name == "main" || fn.Name.Name == "init" || !p.touched[f.Name+" "+fn.Name.Name] {
			continue
		}
		edits, ok := p.withoutFunction(packages, f, fn)
		if !ok {
			continue
		}
		for _, file := range slices.Clone(p.files) {
			if list := edits[file.Name]; len(list) > 0 {
				text, err := source.Apply(file.Text, list)
				if err != nil {
					return false, err
				}
				p.set(file.Name, text)
			}
		}
		return true, nil
	}
	return false, nil
}

// withoutFunction returns the edits that take out a function that does nothing, or
// passes on to the handler that it wraps, and its uses. It is false if the
// function does something, or a use needs it.
func (p *goProject) withoutFunction(packages []*gocode.Package, f *gocode.File, fn *ast.FuncDecl) (map[string][]source.Edit, bool) {
	empty := len(fn.Body.List) == 0 && fn.Type.Results == nil
	if !empty && !passesOn(f, fn) {
		return nil, false
	}
	edits := map[string][]source.Edit{}
	for _, pkg := range packages {
		for _, other := range pkg.Files {
			uses := p.usesOf(other, f, fn)
			if empty {
				list, ok := withoutCalls(other, uses)
				if !ok {
					return nil, false
				}
				edits[other.Name] = list
				continue
			}
			for _, use := range uses {
				edit, ok := withoutUse(other, use)
				if !ok {
					return nil, false
				}
				edits[other.Name] = append(edits[other.Name], edit...)
			}
		}
	}
	span := f.Span(fn)
	if fn.Doc != nil {
		span.Start = f.Span(fn.Doc).Start
	}
	span = wholeLines(f, span)
	if next := f.LineEnd(span.End); span.End < len(f.Text) && strings.TrimSpace(f.Text[span.End:next]) == "" {
		span.End = next
	}
	edits[f.Name] = append(edits[f.Name], source.Edit{Span: span})
	return edits, true
}

// usesOf returns the expressions of a file that name a function of the project.
func (p *goProject) usesOf(other, f *gocode.File, fn *ast.FuncDecl) (list []ast.Expr) {
	if other.Package.Dir == f.Package.Dir {
		for _, id := range other.Uses(other.AST, fn.Name.Name) {
			if id != fn.Name {
				list = append(list, id)
			}
		}
		return list
	}
	path := p.importPath(f.Package.Dir)
	ast.Inspect(other.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if from, name := other.Selected(sel); from == path && name == fn.Name.Name {
				list = append(list, sel)
			}
		}
		return true
	})
	return list
}

// withoutCalls returns the edits that take out the calls of a function that does
// nothing, and the branches for OPTIONS beside them.
func withoutCalls(f *gocode.File, uses []ast.Expr) ([]source.Edit, bool) {
	r := &goRemoval{file: f, gone: map[ast.Node]bool{}}
	for _, use := range uses {
		call, ok := f.Parent(use).(*ast.CallExpr)
		if !ok || call.Fun != use {
			return nil, false
		}
		statement, ok := f.Parent(call).(*ast.ExprStmt)
		if !ok || !r.pureAll(call.Args) {
			return nil, false
		}
		r.gone[statement] = true
	}
	for _, use := range uses {
		if fn := f.Function(use); fn != nil {
			r.options(fn)
		}
		r.around(f.Parent(f.Parent(use)))
	}
	return r.edits(), true
}

// pureAll reports whether no expression of a list has an effect.
func (r *goRemoval) pureAll(list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool { return !r.pure(e) })
}

// withoutUse returns the edits that take out a use of a function that only passes
// requests on: a statement that uses it as middleware, or a call that wraps a
// handler.
func withoutUse(f *gocode.File, use ast.Expr) ([]source.Edit, bool) {
	call, ok := f.Parent(use).(*ast.CallExpr)
	if !ok {
		return nil, false
	}
	if call.Fun == use && len(call.Args) == 1 {
		inner, whole := f.Span(call.Args[0]), f.Span(call)
		return []source.Edit{{Span: source.Span{Start: whole.Start, End: inner.Start}}, {Span: source.Span{Start: inner.End, End: whole.End}}}, true
	}
	if call.Fun == use { // r.Use(middleware())
		if r := (&goRemoval{file: f}); !r.pureAll(call.Args) {
			return nil, false
		}
		if call, ok = f.Parent(call).(*ast.CallExpr); !ok {
			return nil, false
		}
	}
	if _, isStatement := f.Parent(call).(*ast.ExprStmt); isStatement && len(call.Args) == 1 && calleeName(call) == "Use" {
		return []source.Edit{{Span: withComment(f, f.Span(call))}}, true
	}
	return nil, false
}

// passesOn reports whether a function returns a handler that does nothing but call
// the one that it wraps.
func passesOn(f *gocode.File, fn *ast.FuncDecl) bool {
	if len(fn.Body.List) != 1 {
		return false
	}
	ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	e := ret.Results[0]
	if call, isCall := e.(*ast.CallExpr); isCall && len(call.Args) == 1 { // http.HandlerFunc(…)
		e = call.Args[0]
	}
	literal, ok := e.(*ast.FuncLit)
	if !ok || len(literal.Body.List) != 1 {
		return false
	}
	var call *ast.CallExpr
	switch s := literal.Body.List[0].(type) {
	case *ast.ExprStmt:
		call, _ = s.X.(*ast.CallExpr)
	case *ast.ReturnStmt:
		if len(s.Results) == 1 {
			call, _ = s.Results[0].(*ast.CallExpr)
		}
	}
	if call == nil {
		return false
	}
	wrapped := ""
	for _, field := range fn.Type.Params.List {
		for _, id := range field.Names {
			wrapped = id.Name
		}
	}
	callee := f.Source(call.Fun)
	return wrapped != "" && (callee == wrapped || callee == wrapped+".ServeHTTP" || callee == wrapped+".ServeHTTPC") || wrapped == "" && strings.HasSuffix(callee, ".Next") && len(call.Args) == 0
}

// unusedImports returns the edits that take out an import that the file used
// before, and does not use now.
func unusedImports(f *gocode.File, before *source.File) []source.Edit {
	old := gocode.Parse(before)
	if old == nil {
		return nil
	}
	was, is := selectedFrom(old), selectedFrom(f)
	for _, spec := range f.AST.Imports {
		name := f.ImportName(spec)
		if is[name] || !was[name] {
			continue
		}
		span := f.Span(spec)
		if gen, ok := f.Parent(spec).(*ast.GenDecl); ok && (!gen.Lparen.IsValid() || len(gen.Specs) == 1) {
			span = f.Span(gen)
		}
		return []source.Edit{{Span: wholeLines(f, span)}}
	}
	return nil
}

// selectedFrom returns the names from which a file selects something.
func selectedFrom(f *gocode.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, isName := sel.X.(*ast.Ident); isName {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

// unusedLocals returns the edits that take out a variable that is not used.
func unusedLocals(f *gocode.File) []source.Edit {
	r := &goRemoval{file: f}
	var edits []source.Edit
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if len(edits) > 0 {
			return false
		}
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				edits = r.unusedDefine(n)
			}
		case *ast.DeclStmt:
			edits = r.unusedVar(n)
		}
		return len(edits) == 0
	})
	return edits
}

// unusedDefine returns the edits for a := none of whose names is used.
func (r *goRemoval) unusedDefine(n *ast.AssignStmt) []source.Edit {
	switch r.file.Parent(n).(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
	default:
		return nil
	}
	unused := 0
	for _, e := range n.Lhs {
		if id, ok := e.(*ast.Ident); !ok || id.Name != "_" && r.isUsed(n, id.Name) {
			return nil
		} else if id.Name != "_" {
			unused++
		}
	}
	if unused == 0 {
		return nil
	}
	if r.pureAll(n.Rhs) {
		return []source.Edit{{Span: withComment(r.file, r.file.Span(n))}}
	}
	var edits []source.Edit
	for _, e := range n.Lhs {
		edits = append(edits, source.Edit{Span: r.file.Span(e), New: "_"})
	}
	at := r.file.Offset(n.TokPos)
	return append(edits, source.Edit{Span: source.Span{Start: at, End: at + 1}})
}

// unusedVar returns the edits for a var of one name that is not used.
func (r *goRemoval) unusedVar(n *ast.DeclStmt) []source.Edit {
	gen, ok := n.Decl.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR || len(gen.Specs) != 1 {
		return nil
	}
	spec := gen.Specs[0].(*ast.ValueSpec)
	if len(spec.Names) != 1 || spec.Names[0].Name == "_" || r.isUsed(n, spec.Names[0].Name) || !r.pureAll(spec.Values) {
		return nil
	}
	return []source.Edit{{Span: withComment(r.file, r.file.Span(n))}}
}

// isUsed reports whether the block around a declaration uses a name after it.
func (r *goRemoval) isUsed(declaration ast.Stmt, name string) bool {
	block := r.file.Block(declaration)
	if block == nil {
		return true
	}
	return slices.ContainsFunc(r.file.Uses(block, name), func(id *ast.Ident) bool {
		if id.Pos() < declaration.End() {
			return false
		}
		if s, ok := r.file.Parent(id).(*ast.AssignStmt); ok && s.Tok == token.ASSIGN && slices.Contains(s.Lhs, ast.Expr(id)) {
			return false
		}
		return true
	})
}
