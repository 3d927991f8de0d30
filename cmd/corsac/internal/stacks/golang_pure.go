package stacks

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// pureFunctions are functions of the standard library without effects that code
// about CORS calls, by their package.
var pureFunctions = map[string][]string{
	"strings": {"Contains", "ContainsFunc", "HasPrefix", "HasSuffix", "EqualFold", "ToLower", "ToUpper", "TrimSpace", "Split", "Join", "Index", "TrimSuffix", "TrimPrefix", "Fields"},
	"slices":  {"Contains", "ContainsFunc", "Index", "IndexFunc", "Clone", "Concat"},
	"os":      {"Getenv", "LookupEnv"},
	"net/url": {"Parse"},
	"regexp":  {"MatchString"},

	"github.com/gorilla/handlers": {"ExposedHeaders", "MaxAge", "OptionStatusCode", "IgnoreOptions", "AllowCredentials", "AllowedHeaders", "AllowedMethods", "AllowedOriginValidator", "AllowedOrigins"},
}

// pure reports whether an expression has no effect, and calls nothing that is not
// known.
func (r *goRemoval) pure(e ast.Expr) bool { return goPure(r.file, e, 0) }

// pureInit reports whether the first part of an if or switch has no effect.
func (r *goRemoval) pureInit(s ast.Stmt) bool {
	define, ok := s.(*ast.AssignStmt)
	return s == nil || ok && define.Tok == token.DEFINE && r.pureAll(define.Rhs)
}

// pureHeader reports whether a statement sets a header, and nothing in it does
// anything else.
func (r *goRemoval) pureHeader(h goHeader) bool {
	switch n := h.node.(type) {
	case *ast.CallExpr:
		s, ok := h.statement.(*ast.ExprStmt)
		sel, isMethod := n.Fun.(*ast.SelectorExpr)
		return ok && s.X == ast.Expr(n) && isMethod && r.pure(sel.X) && r.pure(h.value)
	case *ast.AssignStmt:
		index, ok := n.Lhs[0].(*ast.IndexExpr)
		return ok && h.node == ast.Node(h.statement) && r.pure(index.X) && r.pure(h.value)
	}
	return false
}

// maxPure is how deep functions are followed that an expression calls.
const maxPure = 3

// goPure reports whether what is below a node has no effect.
func goPure(f *gocode.File, below ast.Node, depth int) bool {
	pure := true
	ast.Inspect(below, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			pure = pure && goPureCall(f, n, depth)
		case *ast.UnaryExpr:
			pure = pure && n.Op != token.ARROW
		case *ast.AssignStmt:
			pure = pure && n.Tok == token.DEFINE
		case *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.SelectStmt:
			pure = false
		}
		return pure
	})
	return pure
}

// goPureCall reports whether what a call calls has no effect. Its arguments are
// looked at elsewhere.
func goPureCall(f *gocode.File, call *ast.CallExpr, depth int) bool {
	switch fn := ast.Unparen(call.Fun).(type) {
	case *ast.ArrayType: // []byte(…)
		return true
	case *ast.Ident:
		if at, _, body := f.Func(fn); body != nil {
			return depth < maxPure && goPure(at, body, depth+1)
		}
		return slices.Contains([]string{"len", "string", "append"}, fn.Name) && !f.Declares(fn)
	case *ast.SelectorExpr:
		if path, name := f.Selected(fn); path != "" {
			return slices.Contains(pureFunctions[path], name)
		}
		return goPureMethod(f, fn, call.Args)
	}
	return false
}

// goPureMethod reports whether a method is one of requests and responses that
// only returns something.
func goPureMethod(f *gocode.File, fn *ast.SelectorExpr, args []ast.Expr) bool {
	switch fn.Sel.Name {
	case "Header", "Response", "ResponseWriter", "Request", "Method":
		return len(args) == 0
	case "MatchString":
		return len(args) == 1
	case "Get", "GetHeader", "Values":
		if len(args) == 0 {
			return false
		}
		name, ok := f.String(args[0])
		name = strings.ToLower(name)
		receiver := strings.TrimSuffix(f.Source(fn.X), "()")
		return ok && (name == "origin" || strings.HasPrefix(name, "access-control-request-") || strings.HasSuffix(receiver, ".Header"))
	}
	return false
}

// isOptions reports whether a condition is that the method of a request is
// OPTIONS.
func (r *goRemoval) isOptions(e ast.Expr) bool {
	b, ok := ast.Unparen(e).(*ast.BinaryExpr)
	return ok && isOptions(r.file, b) && (r.isMethod(b.X) || r.isMethod(b.Y))
}

// isMethod reports whether an expression is the method of a request, or a
// variable that is.
func (r *goRemoval) isMethod(e ast.Expr) bool {
	if e == nil {
		return false
	}
	at, e := r.file.Resolve(e)
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 { // string(ctx.Method())
		e = call.Args[0]
	}
	text := strings.TrimSuffix(at.Source(e), "()")
	return strings.HasSuffix(text, ".Method")
}

// ofParameter reports whether an expression is a parameter of a function around
// it, or a member of one.
func (r *goRemoval) ofParameter(e ast.Expr) bool {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
			continue
		case *ast.CallExpr:
			e = x.Fun
			continue
		case *ast.Ident:
			return r.isParameter(x)
		}
		return false
	}
}

func (r *goRemoval) isParameter(id *ast.Ident) bool {
	for fn := r.file.Function(id); fn != nil; fn = r.file.Function(r.file.Parent(fn)) {
		var params *ast.FieldList
		switch fn := fn.(type) {
		case *ast.FuncLit:
			params = fn.Type.Params
		case *ast.FuncDecl:
			params = fn.Type.Params
		}
		for _, field := range params.List {
			if slices.ContainsFunc(field.Names, func(name *ast.Ident) bool { return name.Name == id.Name }) {
				return true
			}
		}
	}
	return false
}
