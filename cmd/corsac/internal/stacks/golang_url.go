package stacks

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// goURL returns where the program listens; "" if the files do not show it.
func goURL(packages []*gocode.Package) string {
	for _, s := range pages(goServes(packages)) {
		if u := urlOf(s.address, s.tls); u != "" {
			return u
		}
	}
	for _, kind := range []string{"gin", "echo", "fiber"} {
		for _, e := range goEngines(packages, kind) {
			for _, f := range e.file.Package.Files {
				if u := listenURL(f, e.name); u != "" {
					return u
				}
			}
		}
	}
	return ""
}

// listenURL returns where a router of a framework listens.
func listenURL(f *gocode.File, router string) (found string) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found != "" {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Source(sel.X) != router || !slices.Contains([]string{"Run", "RunTLS", "Start", "StartTLS", "Listen"}, sel.Sel.Name) {
			return true
		}
		if len(call.Args) == 0 {
			found = "http://localhost:8080" // gin's default
			return false
		}
		found = urlOf(addressOf(f, call.Args[0]), strings.HasSuffix(sel.Sel.Name, "TLS"))
		return true
	})
	return found
}

// urlOf returns the URL of an address such as :8080.
func urlOf(address string, tls bool) string {
	host, port, ok := strings.Cut(address, ":")
	if n, err := strconv.ParseUint(port, 10, 16); !ok || err != nil || n == 0 || strings.ContainsAny(host, "/@[ ") {
		return ""
	}
	if host == "" || host == "0.0.0.0" {
		host = "localhost"
	}
	if tls {
		return "https://" + host + ":" + port
	}
	return "http://" + host + ":" + port
}

// addressOf returns an address that a program listens at if nobody configures
// another, such as :8080; "" if the file does not show it. It understands
// constants, sums, flags, and values that stand in for a missing variable of the
// environment.
func addressOf(f *gocode.File, e ast.Expr) string {
	return fallback(f, e, 0)
}

// maxSum bounds how deep expressions of addresses are read.
const maxSum = 8

func fallback(f *gocode.File, e ast.Expr, depth int) string {
	e = ast.Unparen(e)
	if s, ok := f.String(e); ok || depth > maxSum {
		return s
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		x, y := fallback(f, e.X, depth+1), fallback(f, e.Y, depth+1)
		if e.Op == token.ADD && x != "" && y != "" {
			return x + y
		}
	case *ast.StarExpr:
		return fallback(f, e.X, depth+1)
	case *ast.Ident:
		if s := ifEmpty(f, e); s != "" {
			return s
		}
		if in, value := f.Resolve(e); value != ast.Expr(e) {
			return fallback(in, value, depth+1)
		}
	case *ast.CallExpr:
		return fallbackOf(f, e, depth)
	}
	return ""
}

// ifEmpty returns the text that a variable gets where it is empty, as in
// if port == "" { port = "8080" }.
func ifEmpty(f *gocode.File, id *ast.Ident) (text string) {
	within := f.Declaration(id)
	if within == nil {
		return ""
	}
	ast.Inspect(within, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if !ok || text != "" || len(branch.Body.List) == 0 {
			return text == ""
		}
		cond, ok := branch.Cond.(*ast.BinaryExpr)
		set, isSet := branch.Body.List[len(branch.Body.List)-1].(*ast.AssignStmt)
		if ok && isSet && cond.Op == token.EQL && f.Source(cond.X) == id.Name && f.Source(cond.Y) == `""` && len(set.Lhs) == 1 && len(set.Rhs) == 1 && f.Source(set.Lhs[0]) == id.Name {
			text, _ = f.String(set.Rhs[0])
		}
		return true
	})
	return text
}

// fallbackOf returns the default of a call: of a flag, of a function such as
// envOr("PORT", "8080") or cmp.Or(os.Getenv("PORT"), "8080"), or the text of
// fmt.Sprintf.
func fallbackOf(f *gocode.File, call *ast.CallExpr, depth int) string {
	path, name := f.Selected(call.Fun)
	last := len(call.Args) - 1
	switch {
	case path == "flag" && (name == "String" || name == "Int") && last == 2:
		return textOf(f, call.Args[1], depth)
	case path == "fmt" && name == "Sprintf" && last >= 1:
		format, _ := f.String(call.Args[0])
		for _, arg := range call.Args[1:] {
			i := strings.Index(format, "%")
			value := textOf(f, arg, depth)
			if i < 0 || i+2 > len(format) || value == "" {
				return ""
			}
			format = format[:i] + value + format[i+2:]
		}
		return format
	case path == "cmp" && name == "Or" && last >= 1, strings.Contains(strings.ToLower(calleeName(call)), "env") && last == 1:
		return textOf(f, call.Args[last], depth)
	}
	return ""
}

// textOf is fallback, also for numbers.
func textOf(f *gocode.File, e ast.Expr, depth int) string {
	if n, ok := f.Int(e); ok {
		return strconv.FormatInt(n, 10)
	}
	return fallback(f, e, depth+1)
}
