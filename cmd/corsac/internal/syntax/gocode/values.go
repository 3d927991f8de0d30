package gocode

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
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

// Item is a string, and where it stands.
type Item struct {
	Text string
	File *File
	Node ast.Expr
}

// Span returns where the item stands in its file.
func (i Item) Span() source.Span { return i.File.Span(i.Node) }

// String returns the value of an expression that is a constant string.
func (f *File) String(e ast.Expr) (string, bool) { return f.stringAt(e, maxDepth) }

func (f *File) stringAt(e ast.Expr, depth int) (string, bool) {
	at, e := f.Resolve(e)
	if depth == 0 {
		return "", false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		a, okA := at.stringAt(e.X, depth-1)
		b, okB := at.stringAt(e.Y, depth-1)
		return a + b, e.Op == token.ADD && okA && okB
	case *ast.SelectorExpr:
		return at.named(e)
	case *ast.CallExpr:
		if p, name := at.Selected(e.Fun); p == "strings" && name == "Join" && len(e.Args) == 2 {
			items, ok := at.Strings(e.Args[0])
			sep, okSep := at.stringAt(e.Args[1], depth-1)
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
func (f *File) Strings(e ast.Expr) ([]Item, bool) { return f.stringsAt(e, maxDepth) }

func (f *File) stringsAt(e ast.Expr, depth int) ([]Item, bool) {
	at, e := f.Resolve(e)
	if depth == 0 {
		return nil, false
	}
	switch e := e.(type) {
	case *ast.Ident:
		return nil, e.Name == "nil"
	case *ast.CompositeLit:
		var items []Item
		for _, element := range e.Elts {
			if kv, ok := element.(*ast.KeyValueExpr); ok { // a map used as a set
				element = kv.Key
			}
			s, ok := at.String(element)
			if !ok {
				return nil, false
			}
			items = append(items, Item{s, at, element})
		}
		return items, true
	case *ast.CallExpr:
		return at.stringsOf(e, depth)
	}
	return nil, false
}

func (f *File) stringsOf(call *ast.CallExpr, depth int) ([]Item, bool) {
	if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "append" && len(call.Args) > 0 {
		items, ok := f.stringsAt(call.Args[0], depth-1)
		for i, arg := range call.Args[1:] {
			if call.Ellipsis.IsValid() && i == len(call.Args)-2 {
				more, okMore := f.stringsAt(arg, depth-1)
				items, ok = append(items, more...), ok && okMore
				continue
			}
			s, okItem := f.String(arg)
			items, ok = append(items, Item{s, f, arg}), ok && okItem
		}
		return items, ok
	}
	if p, name := f.Selected(call.Fun); p == "strings" && name == "Split" && len(call.Args) == 2 {
		s, ok := f.String(call.Args[0])
		sep, okSep := f.String(call.Args[1])
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
func (f *File) Int(e ast.Expr) (int64, bool) { return f.intAt(e, maxDepth) }

func (f *File) intAt(e ast.Expr, depth int) (int64, bool) {
	at, e := f.Resolve(e)
	if depth == 0 {
		return 0, false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 0, 64)
		return n, err == nil
	case *ast.UnaryExpr:
		n, ok := at.intAt(e.X, depth-1)
		return -n, ok && e.Op == token.SUB
	case *ast.BinaryExpr:
		a, okA := at.intAt(e.X, depth-1)
		b, okB := at.intAt(e.Y, depth-1)
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
		return at.intOf(e, depth)
	}
	return 0, false
}

func (f *File) intOf(call *ast.CallExpr, depth int) (int64, bool) {
	p, name := f.Selected(call.Fun)
	id, _ := call.Fun.(*ast.Ident)
	if len(call.Args) == 1 && (p == "time" && name == "Duration" || id != nil && (id.Name == "int" || id.Name == "int64")) {
		return f.intAt(call.Args[0], depth-1)
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) == 0 && sel.Sel.Name == "Seconds" {
		n, ok := f.intAt(sel.X, depth-1)
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
