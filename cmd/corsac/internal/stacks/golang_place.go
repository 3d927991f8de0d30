package stacks

import (
	"go/ast"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// authNames and recoverNames are what people call middleware that authenticates,
// or answers panics.
var (
	authNames    = lazyregexp.New(`(?i)auth|jwt|session|token|login|apikey|api_key`)
	refusals     = lazyregexp.New(`\bStatus(?:Unauthorized|Forbidden)\b|\b40[13]\b`)
	recoverNames = lazyregexp.New(`(?i)recover|panic`)
	routeNames   = lazyregexp.New(`^(GET|POST|PUT|PATCH|DELETE|HEAD|Any|Handle|HandleFunc|Get|Post|Put|Patch|Delete|Method|MethodFunc|Route|Mount|Static|StaticFS|All|Group|Add)$`)
)

// placement reports faults of where the middleware stands.
func (r *goReader) placement() {
	c := r.config
	for _, use := range c.uses() {
		if used, ok := c.usedBy(use); ok {
			r.useStatement(used)
		} else {
			r.wrapper(use)
		}
	}
}

// uses returns the expressions that stand for the middleware: the call, or the
// variable that it is in.
func (c *goConfig) uses() []ast.Expr {
	f := c.file
	statement, ok := f.Parent(c.call).(*ast.AssignStmt)
	var names []*ast.Ident
	if ok && len(statement.Rhs) == 1 {
		if id, isName := statement.Lhs[0].(*ast.Ident); isName && id.Name != "_" {
			names = append(names, id)
		}
	}
	if spec, isSpec := f.Parent(c.call).(*ast.ValueSpec); isSpec {
		names = spec.Names
	}
	if len(names) == 0 {
		return []ast.Expr{c.call}
	}
	var uses []ast.Expr
	for _, file := range f.Package.Files {
		if file != f {
			continue
		}
		for _, id := range file.Uses(file.AST, names[0].Name) {
			if id != names[0] && (f.Declaration(id) == f.Declaration(c.call) || f.Declaration(c.call) == nil) {
				uses = append(uses, id)
			}
		}
	}
	return uses
}

// usedBy returns the call of Use that an expression is an argument of, itself or
// with a method such as Handler.
func (c *goConfig) usedBy(e ast.Expr) (*ast.CallExpr, bool) {
	n := ast.Node(e)
	if sel, ok := c.file.Parent(n).(*ast.SelectorExpr); ok {
		n = sel
	}
	call, ok := c.file.Parent(n).(*ast.CallExpr)
	if !ok || call.Fun == n {
		return nil, false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return call, ok && (sel.Sel.Name == "Use" || sel.Sel.Name == "With" || sel.Sel.Name == "Pre")
}

// useStatement reports faults of r.Use(…): what comes before it.
func (r *goReader) useStatement(use *ast.CallExpr) {
	f := r.config.file
	receiver := use.Fun.(*ast.SelectorExpr).X
	if at, e := f.Resolve(receiver); at == f {
		if call, ok := e.(*ast.CallExpr); ok {
			if sel, isSel := call.Fun.(*ast.SelectorExpr); isSel && sel.Sel.Name == "Group" {
				r.fault("on-group", f, use)
			}
		}
	}
	statement, block := f.Statement(use)
	for _, before := range statementsOf(block) {
		if before == statement {
			break
		}
		call := calledIn(before)
		if call == nil {
			continue
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Source(sel.X) != f.Source(receiver) {
			continue
		}
		switch {
		case sel.Sel.Name == "Use" && slices.ContainsFunc(call.Args, func(e ast.Expr) bool { return isGuard(f, e) }):
			r.fault("after-auth", f, use)
			return
		case routeNames.MatchString(sel.Sel.Name) && len(call.Args) > 0 && (sel.Sel.Name != "Group" || r.stack != "echo"):
			r.fault("after-routes", f, use)
			return
		}
	}
}

// isGuard reports whether an expression is a middleware that refuses
// requests without a login: by its name, or because its function answers 401 or
// 403.
func isGuard(f *gocode.File, e ast.Expr) bool {
	if authNames.MatchString(f.Source(e)) {
		return true
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		e = call.Fun
	}
	if in, _, body := f.Func(e); body != nil {
		return refusals.MatchString(in.Source(body))
	}
	return false
}

// statementsOf returns the statements of a block or case.
func statementsOf(block ast.Node) []ast.Stmt {
	switch b := block.(type) {
	case *ast.BlockStmt:
		return b.List
	case *ast.CaseClause:
		return b.Body
	case *ast.CommClause:
		return b.Body
	}
	return nil
}

// calledIn returns the call that a statement is, or sets something to; nil if
// there is none.
func calledIn(s ast.Stmt) *ast.CallExpr {
	var e ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		if len(s.Rhs) == 1 {
			e = s.Rhs[0]
		}
	}
	call, _ := e.(*ast.CallExpr)
	return call
}

// wrapper reports faults of c.Handler(h) and the like: what is around it.
func (r *goReader) wrapper(e ast.Expr) {
	f := r.config.file
	for n := f.Parent(e); n != nil; n = f.Parent(n) {
		if _, ok := n.(ast.Stmt); ok {
			return
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			continue
		}
		name := calleeName(call)
		inside := call.Fun.Pos() > e.Pos() || call.Fun.End() <= e.Pos()
		switch {
		case !inside:
		case (name == "Handle" || name == "HandleFunc" || name == "Method") && len(call.Args) >= 2:
			r.inMux(f, call)
			return
		case isGuard(f, call.Fun):
			r.fault("inside-auth", f, call.Fun)
		case recoverNames.MatchString(name):
			r.fault("inside-recover", f, call.Fun)
		}
	}
}

// calleeName returns the last name of what is called.
func calleeName(call *ast.CallExpr) string {
	switch fn := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		return fn.Sel.Name
	case *ast.CallExpr:
		return calleeName(fn)
	}
	return ""
}

// inMux reports a middleware around a handler in a mux.
func (r *goReader) inMux(f *gocode.File, call *ast.CallExpr) {
	pattern, ok := f.String(call.Args[0])
	method, _, hasMethod := strings.Cut(pattern, " ")
	switch {
	case ok && hasMethod && method != "OPTIONS":
		r.fault("method-pattern", f, call.Args[0])
	case ok && pattern != "/":
		r.fault("inside-mux", f, call.Args[0])
	}
}
