package gocode

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// maxSteps bounds how many expressions one value may consist of, and maxText the
// bytes of a string.
const (
	maxSteps = 10_000
	maxText  = 1 << 14
)

// steps is how many more expressions may be evaluated. Names can lead to each
// other, so that a short file may have a value without end.
type steps int

// spent takes a step. It reports whether there was none left.
func (s *steps) spent() bool {
	*s--
	return *s < 0
}

// evaluating returns the steps for one value.
func evaluating() *steps {
	s := steps(maxSteps)
	return &s
}

// Item is a string, and where it stands.
type Item struct {
	Text string
	File *File
	Node ast.Expr
}

// String returns the value of an expression that is a constant string.
func (f *File) String(e ast.Expr) (string, bool) { return f.stringAt(e, evaluating()) }

func (f *File) stringAt(e ast.Expr, left *steps) (string, bool) {
	if left.spent() {
		return "", false
	}
	at, e := f.Resolve(e)
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		a, okA := at.stringAt(e.X, left)
		b, okB := at.stringAt(e.Y, left)
		if e.Op != token.ADD || !okA || !okB || len(a)+len(b) > maxText {
			return "", false
		}
		return a + b, true
	case *ast.SelectorExpr:
		return at.named(e)
	case *ast.CallExpr:
		if p, name := at.Selected(e.Fun); p == "strings" && name == "Join" && len(e.Args) == 2 {
			items, ok := at.stringsAt(e.Args[0], left)
			sep, okSep := at.stringAt(e.Args[1], left)
			parts := make([]string, len(items))
			for i := range items {
				parts[i] = items[i].Text
			}
			return strings.Join(parts, sep), ok && okSep
		}
	}
	return "", false
}

// named returns the value of a constant of another package, such as
// http.MethodGet or echo.HeaderAuthorization.
func (f *File) named(e *ast.SelectorExpr) (string, bool) {
	p, name := f.Selected(e)
	if p == "" {
		return "", false
	}
	if method, ok := strings.CutPrefix(name, "Method"); ok {
		return strings.ToUpper(method), true
	}
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, name) {
		return name, true // echo
	}
	if header, ok := strings.CutPrefix(name, "Header"); ok {
		for _, known := range knownHeaders {
			if strings.EqualFold(strings.ReplaceAll(known, "-", ""), header) {
				return known, true
			}
		}
	}
	return "", false
}

// knownHeaders are those for which frameworks have constants.
var knownHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Type", "Cookie", "ETag", "If-Match", "If-Modified-Since", "If-None-Match", "Last-Modified", "Link", "Location", "Origin", "Retry-After", "Set-Cookie", "Vary",
	"X-Requested-With", "X-Request-ID", "X-CSRF-Token", "X-Forwarded-For",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
	"Access-Control-Expose-Headers", "Access-Control-Max-Age", "Access-Control-Request-Method", "Access-Control-Request-Headers",
}

// Strings returns the items of an expression that is a list of constant strings:
// a literal, one appended to another, or a string that is split.
func (f *File) Strings(e ast.Expr) ([]Item, bool) { return f.stringsAt(e, evaluating()) }

func (f *File) stringsAt(e ast.Expr, left *steps) ([]Item, bool) {
	if left.spent() {
		return nil, false
	}
	at, e := f.Resolve(e)
	switch e := e.(type) {
	case *ast.Ident:
		return nil, e.Name == "nil"
	case *ast.CompositeLit:
		var items []Item
		for _, element := range e.Elts {
			if kv, ok := element.(*ast.KeyValueExpr); ok { // a map used as a set
				element = kv.Key
			}
			s, ok := at.stringAt(element, left)
			if !ok {
				return nil, false
			}
			items = append(items, Item{s, at, element})
		}
		return items, true
	case *ast.CallExpr:
		return at.stringsOf(e, left)
	}
	return nil, false
}

func (f *File) stringsOf(call *ast.CallExpr, left *steps) ([]Item, bool) {
	if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "append" && len(call.Args) > 0 {
		items, ok := f.stringsAt(call.Args[0], left)
		for i, arg := range call.Args[1:] {
			if call.Ellipsis.IsValid() && i == len(call.Args)-2 {
				more, okMore := f.stringsAt(arg, left)
				items, ok = append(items, more...), ok && okMore
				continue
			}
			s, okItem := f.stringAt(arg, left)
			items, ok = append(items, Item{s, f, arg}), ok && okItem
		}
		return items, ok
	}
	if p, name := f.Selected(call.Fun); p == "strings" && name == "Split" && len(call.Args) == 2 {
		s, ok := f.stringAt(call.Args[0], left)
		sep, okSep := f.stringAt(call.Args[1], left)
		if !ok || !okSep {
			return nil, false
		}
		var items []Item
		for _, part := range strings.Split(s, sep) {
			items = append(items, Item{part, f, call.Args[0]})
		}
		return items, true
	}
	return nil, false
}

// Bool returns the value of an expression that is true or false.
func (f *File) Bool(e ast.Expr) (value, ok bool) {
	_, e = f.Resolve(e)
	id, isName := e.(*ast.Ident)
	if !isName {
		return false, false
	}
	return id.Name == "true", id.Name == "true" || id.Name == "false"
}

// units are the durations of package time in nanoseconds.
var units = map[string]int64{"Nanosecond": 1, "Microsecond": 1e3, "Millisecond": 1e6, "Second": 1e9, "Minute": 60e9, "Hour": 3600e9}

// statuses are the constants of net/http that CORS needs.
var statuses = map[string]int64{"StatusOK": 200, "StatusAccepted": 202, "StatusNoContent": 204}

// Int returns the value of a constant whole number. A time.Duration is in
// nanoseconds.
func (f *File) Int(e ast.Expr) (int64, bool) { return f.intAt(e, evaluating()) }

func (f *File) intAt(e ast.Expr, left *steps) (int64, bool) {
	if left.spent() {
		return 0, false
	}
	at, e := f.Resolve(e)
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 0, 64)
		return n, err == nil
	case *ast.UnaryExpr:
		n, ok := at.intAt(e.X, left)
		return -n, ok && e.Op == token.SUB
	case *ast.BinaryExpr:
		a, okA := at.intAt(e.X, left)
		b, okB := at.intAt(e.Y, left)
		n, ok := calculate(a, e.Op, b)
		return n, ok && okA && okB
	case *ast.SelectorExpr:
		p, name := at.Selected(e)
		switch p {
		case "time":
			n, ok := units[name]
			return n, ok
		case "net/http":
			n, ok := statuses[name]
			return n, ok
		}
	case *ast.CallExpr: // int(…), time.Duration(…), d.Seconds()
		return at.intOf(e, left)
	}
	return 0, false
}

func (f *File) intOf(call *ast.CallExpr, left *steps) (int64, bool) {
	p, name := f.Selected(call.Fun)
	id, _ := call.Fun.(*ast.Ident)
	if len(call.Args) == 1 && (p == "time" && name == "Duration" || id != nil && (id.Name == "int" || id.Name == "int64")) {
		return f.intAt(call.Args[0], left)
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) == 0 && sel.Sel.Name == "Seconds" {
		n, ok := f.intAt(sel.X, left)
		return n / units["Second"], ok
	}
	return 0, false
}

func calculate(a int64, op token.Token, b int64) (int64, bool) {
	const limit = 1 << 50 // what is larger is not a setting of CORS
	switch op {
	case token.ADD:
		return a + b, max(a, b) < limit && min(a, b) > -limit
	case token.SUB:
		return a - b, max(a, b) < limit && min(a, b) > -limit
	case token.MUL:
		n := a * b
		return n, a == 0 || n/a == b && !(a == -1 && b == -1<<63)
	case token.QUO:
		if b == 0 || a == -1<<63 {
			return 0, false
		}
		return a / b, true
	}
	return 0, false
}
