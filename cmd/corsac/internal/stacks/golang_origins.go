package stacks

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/origin"
)

// readOrigins reads which origins a configuration allows: those of a function, if
// it has one, and else those of its list.
func (r *goReader) readOrigins() {
	c := r.config
	set := false
	for _, kind := range []goKind{goFunc, goAny, goOrigins, goCommas} {
		for _, v := range c.values {
			s := c.lib.settings[v.name]
			if s.field != "allow_origins" || s.kind != kind || set && c.lib.config != "Policy" {
				continue
			}
			last, _ := c.value(v.name)
			if last.node != v.node && last.more == nil {
				continue
			}
			switch kind {
			case goFunc:
				set = r.readFunc(last) || set
			case goAny:
				on, ok := last.file.Bool(last.expr)
				if !ok {
					r.dynamic("allow_origins", last)
				} else if on {
					r.anyOrigin(last.file, last.node)
				}
				set = on || set
			default:
				set = r.readList(last) || set
			}
		}
	}
	if set || slices.ContainsFunc(c.unread, func(u goUnread) bool { return c.lib.settings[u.name].field == "allow_origins" || u.name == "" }) {
		return
	}
	for _, name := range []string{"AllowedOrigins", "AllowOrigins", "AllowAllOrigins"} {
		if c.preset[name] != nil || c.lib.defaults[name] != nil {
			r.any, r.anyAt = true, goUnread{file: c.file, node: c.call}
			r.add(Entry{Field: "allow_origins", Value: "*", Default: true, File: c.file.File, Span: c.file.Span(c.call)})
		}
	}
}

// anyOrigin notes that every origin is allowed.
func (r *goReader) anyOrigin(f *gocode.File, n ast.Node) {
	r.any, r.anyAt = true, goUnread{file: f, node: n}
	if v, ok := r.value("UnsafeWildcardOriginWithAllowCredentials"); ok {
		if on, _ := v.file.Bool(v.expr); on {
			r.reflects = true
			return
		}
	}
	r.entry("allow_origins", "*", f, n)
}

// value returns a setting of the configuration, if there is one.
func (r *goReader) value(name string) (goValue, bool) {
	if r.config == nil {
		return goValue{}, false
	}
	return r.config.value(name)
}

// readList reads a list of origins. It reports whether there is one.
func (r *goReader) readList(v goValue) bool {
	items, ok := v.items()
	if r.config.lib.settings[v.name].kind == goCommas {
		var text string
		if text, ok = v.file.String(v.expr); ok {
			for part := range strings.SplitSeq(text, ",") {
				items = append(items, gocode.Item{Text: part, File: v.file, Node: v.expr})
			}
		}
		if ok && strings.TrimSpace(text) == "" {
			return false
		}
	}
	if !ok {
		r.dynamic("allow_origins", v)
		return true
	}
	if at := r.everyScheme(items); at != nil {
		r.any, r.reflects, r.anyAt = true, true, goUnread{file: at.File, node: at.Node}
		return true
	}
	for _, item := range items {
		r.readOrigin(item)
	}
	return len(items) > 0
}

// everyScheme returns the item https://* of a list that also has http://*, and with
// that every page, where a * stands for any characters; nil if there is none.
func (r *goReader) everyScheme(items []gocode.Item) *gocode.Item {
	kind := r.config.lib.origins
	if kind != goPrefixed && kind != goGlob && (kind != goGin || !r.allowsWildcards()) {
		return nil
	}
	find := func(text string) int {
		return slices.IndexFunc(items, func(i gocode.Item) bool { return strings.EqualFold(i.Text, text) })
	}
	secure, plain := find("https://*"), find("http://*")
	if secure < 0 || plain < 0 {
		return nil
	}
	return &items[min(secure, plain)]
}

// readOrigin reads an item of a list of origins.
func (r *goReader) readOrigin(item gocode.Item) {
	lib, text := r.config.lib, item.Text
	if lib.stack == "fiber" {
		trimmed := strings.TrimSpace(text)
		if trimmed != text && strings.Contains(trimmed, "://*.") {
			r.fault("blank-after-comma", item.File, item.Node)
			r.remark(Lost, "allow_origins", item.File, item.Node, "A blank before %s makes it mean nothing.", trimmed)
			return
		}
		text = strings.ToLower(strings.TrimSuffix(trimmed, "/"))
	}
	if lib.origins == goPrefixed || lib.origins == goGin || lib.origins == goGlob {
		text = strings.ToLower(text)
	}
	switch {
	case text == "*":
		r.anyOrigin(item.File, item.Node)
	case lib.origins == goGin && len(text) > 1 && text[0] == '/' && strings.HasSuffix(text, "/"):
		r.readGinExpression(item)
	case strings.ContainsAny(text, "*") || lib.origins == goGlob && strings.Contains(text, "?"):
		r.readWildcard(item, text)
	default:
		r.exactOrigin(item, text)
	}
}

// exactOrigin reads an origin without a wildcard.
func (r *goReader) exactOrigin(item gocode.Item, text string) {
	if text == "null" {
		r.fault("null-origin", item.File, item.Node)
		r.entry("allow_origins", "null", item.File, item.Node)
		r.entry("dangerously_allow_null_origin", "true", item.File, item.Node)
		return
	}
	if o, err := origin.Parse(text); err != nil || o.String() != text {
		r.fault("origin-form", item.File, item.Node)
		r.remark(Lost, "allow_origins", item.File, item.Node, "No browser sends the origin %q.", item.Text)
		return
	}
	r.origins++
	r.entry("allow_origins", text, item.File, item.Node)
}

// readWildcard reads an origin with a wildcard.
func (r *goReader) readWildcard(item gocode.Item, text string) {
	lib := r.config.lib
	p, err := origin.ParsePattern(text)
	switch {
	case lib.origins == goExact:
		id := "wildcard-in-origin"
		if lib.stack != "echo" {
			id = "origin-form"
		}
		r.fault(id, item.File, item.Node)
		r.remark(Lost, "allow_origins", item.File, item.Node, "%q is compared as it is, and no browser sends it.", text)
	case lib.origins == goGin && !r.allowsWildcards():
		r.fault("origin-form", item.File, item.Node)
		r.remark(Lost, "allow_origins", item.File, item.Node, "%q means nothing without AllowWildcard.", text)
	case err == nil && lib.origins == goPatterns:
		r.origins++
		r.entry("allow_origins", p.String(), item.File, item.Node)
	case err == nil:
		r.origins++
		r.fault("wildcard-crosses", item.File, item.Node)
		r.entry("allow_origins", p.String(), item.File, item.Node)
		r.remark(Differs, "allow_origins", item.File, item.Node, "The * stands for any characters here; in a policy it stands for whole labels or a port.")
	default:
		r.fault("loose-origin", item.File, item.Node)
		r.remark(Lost, "allow_origins", item.File, item.Node, "%q allows origins of others, which a policy should not.", text)
	}
}

// allowsWildcards reports whether gin's lists may have wildcards.
func (r *goReader) allowsWildcards() bool {
	v, ok := r.value("AllowWildcard")
	if !ok {
		return false
	}
	on, literal := v.file.Bool(v.expr)
	return on || !literal
}

// readGinExpression reads /…/, which gin-contrib/cors puts in lower case.
func (r *goReader) readGinExpression(item gocode.Item) {
	expr := strings.TrimSuffix(strings.TrimPrefix(item.Text, "/"), "/")
	if strings.ToLower(expr) != expr {
		r.fault("lower-cased-expression", item.File, item.Node)
	}
	r.readExpression(item, strings.ToLower(expr))
}

// readExpression reads an expression that is looked for anywhere in the origin.
func (r *goReader) readExpression(item gocode.Item, expr string) {
	x, err := ReadExpression(expr, MatchSearch)
	switch {
	case err != nil:
		r.remark(Lost, "allow_origins", item.File, item.Node, "The expression cannot be read: %v.", err)
	case x.Everything:
		r.any, r.reflects, r.anyAt = true, true, goUnread{file: item.File, node: item.Node}
	case x.Unanchored:
		r.fault("loose-origin", item.File, item.Node)
		r.remark(Lost, "allow_origins", item.File, item.Node, "The expression has no ^ and $ at its ends, so that it allows origins of others.")
	default:
		x.each(func(field, value string) {
			r.origins++
			r.entry(field, value, item.File, item.Node)
		})
	}
}

// readFunc reads a function that decides about origins. It reports whether the
// setting has one.
func (r *goReader) readFunc(v goValue) bool {
	if v.expr == nil || v.file.Source(v.expr) == "nil" {
		return false
	}
	if !r.readCondition(v.file, v.expr) {
		r.dynamic("allow_origins", v)
	}
	return true
}

// readCondition reads a function or method that reports whether an origin is
// allowed. It reports whether it could.
func (r *goReader) readCondition(f *gocode.File, e ast.Expr) bool {
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok && sel.Sel.Name == "MatchString" {
		return r.readRegexp(f, sel.X)
	}
	at, typ, body := f.Func(e)
	if body == nil {
		resolved, value := f.Resolve(e)
		if sel, ok := value.(*ast.SelectorExpr); ok && sel.Sel.Name == "MatchString" {
			return r.readRegexp(resolved, sel.X)
		}
		return false
	}
	name := originParam(typ)
	result := soleResult(body)
	if len(result) == 0 {
		return false
	}
	answer := result[0]
	if len(result) == 3 { // echo: the origin to send, whether it is allowed, and an error
		answer = result[1]
	}
	return r.readTerm(at, answer, name)
}

// originParam returns the name of the last parameter that is a string.
func originParam(typ *ast.FuncType) (name string) {
	for _, field := range typ.Params.List {
		if id, ok := field.Type.(*ast.Ident); ok && id.Name == "string" {
			for _, n := range field.Names {
				name = n.Name
			}
		}
	}
	return name
}

// soleResult returns what a function returns that has only a return statement.
func soleResult(body *ast.BlockStmt) []ast.Expr {
	if len(body.List) != 1 {
		return nil
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	if !ok {
		return nil
	}
	return ret.Results
}

// maxGoTerms bounds how many conditions are read: functions can call each other.
const maxGoTerms = 1000

// readTerm reads a condition about the origin that is in the variable with a name,
// such as slices.Contains(list, origin) || origin == "https://app.example.com".
// It reports whether it could read all of it.
func (r *goReader) readTerm(f *gocode.File, e ast.Expr, name string) bool {
	if r.terms++; r.terms > maxGoTerms {
		return false
	}
	e = ast.Unparen(e)
	switch e := e.(type) {
	case *ast.Ident:
		if e.Name == "true" {
			r.any, r.reflects, r.anyAt = true, true, goUnread{file: f, node: e}
			return true
		}
		return e.Name == "false"
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LOR:
			return r.readTerm(f, e.X, name) && r.readTerm(f, e.Y, name)
		case token.EQL:
			for x, y := range map[ast.Expr]ast.Expr{e.X: e.Y, e.Y: e.X} {
				if text, ok := f.String(y); ok && f.Source(x) == name {
					r.exactOrigin(gocode.Item{Text: text, File: f, Node: y}, text)
					return true
				}
			}
		}
	case *ast.IndexExpr:
		return f.Source(e.Index) == name && r.readExact(f, e.X)
	case *ast.CallExpr:
		return r.readTest(f, e, name)
	}
	return false
}

// readExact reads a list or set of whole origins.
func (r *goReader) readExact(f *gocode.File, list ast.Expr) bool {
	items, ok := f.Strings(list)
	for _, item := range items {
		r.exactOrigin(item, item.Text)
	}
	return ok
}

// readTest reads a call that reports something about the origin.
func (r *goReader) readTest(f *gocode.File, call *ast.CallExpr, name string) bool {
	if len(call.Args) == 1 && f.Source(call.Args[0]) == name {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "MatchString" {
			return r.readRegexp(f, sel.X)
		}
		return r.readCondition(f, call.Fun)
	}
	path, fn := f.Selected(call.Fun)
	if len(call.Args) != 2 {
		return false
	}
	switch {
	case path == "slices" && fn == "Contains" && f.Source(call.Args[1]) == name:
		return r.readExact(f, call.Args[0])
	case path == "strings" && slices.Contains([]string{"HasSuffix", "HasPrefix", "Contains"}, fn) && f.Source(call.Args[0]) == name:
		r.fault("loose-origin", f, call)
		r.remark(Lost, "allow_origins", f, call, "%s compares a part of the origin only.", f.Line(call))
		return true
	}
	return false
}

// readRegexp reads regexp.MustCompile(…), or a variable with it.
func (r *goReader) readRegexp(f *gocode.File, e ast.Expr) bool {
	at, e := f.Resolve(e)
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	if path, fn := at.Selected(call.Fun); path != "regexp" || fn != "MustCompile" && fn != "Compile" {
		return false
	}
	text, ok := at.String(call.Args[0])
	if !ok {
		return false
	}
	if _, err := regexp.Compile(text); err != nil {
		return false
	}
	r.readExpression(gocode.Item{Text: text, File: at, Node: call.Args[0]}, text)
	return true
}
