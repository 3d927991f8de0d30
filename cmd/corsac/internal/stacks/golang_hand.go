package stacks

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// goHeader is a statement that sets a CORS header by hand.
type goHeader struct {
	file *gocode.File
	// node sets it, and statement is around it: w.Header().Set(…), c.Header(…) or
	// w.Header()[…] = ….
	node      ast.Node
	statement ast.Stmt
	function  ast.Node
	// receiver is what it is set in, such as w.Header(); verb is Set, Add, ….
	receiver, verb string
	name           string
	value          ast.Expr
}

// goHeaders returns the statements of a file that set CORS headers.
func goHeaders(f *gocode.File) (list []goHeader) {
	if strings.HasPrefix(f.Text, "// Written by corsac fix,") {
		return nil
	}
	add := func(n ast.Node, receiver, verb string, name, value ast.Expr) {
		text, ok := f.String(name)
		if text = canonical(text); !ok || text == "" {
			return
		}
		if statement, _ := f.Statement(n); statement != nil {
			list = append(list, goHeader{f, n, statement, f.Function(n), receiver, verb, text, value})
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && len(n.Args) == 2 && slices.Contains([]string{"Set", "Add", "Header", "SetHeader", "Append"}, sel.Sel.Name) {
				add(n, f.Source(sel.X), sel.Sel.Name, n.Args[0], n.Args[1])
			}
		case *ast.AssignStmt:
			if len(n.Lhs) != 1 || len(n.Rhs) != 1 {
				return true
			}
			index, ok := n.Lhs[0].(*ast.IndexExpr)
			values, isList := n.Rhs[0].(*ast.CompositeLit)
			if ok && isList && len(values.Elts) == 1 {
				add(n, f.Source(index.X), "Set", index.Index, values.Elts[0])
			}
		}
		return true
	})
	return list
}

// canonical returns the name of a CORS response header as it is usually written;
// "" for any other header.
func canonical(name string) string {
	for _, known := range corsHeaders {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

// goHandSites returns the functions of a package that set CORS headers by hand.
// library says that the project also has a package for CORS.
func goHandSites(p *gocode.Package, rules []*Rule, library bool) (sites []*Site) {
	options := slices.ContainsFunc(p.Files, func(f *gocode.File) bool {
		return strings.Contains(f.Text, `"OPTIONS`) || strings.Contains(f.Text, "MethodOptions") || strings.Contains(f.Text, ".OPTIONS(")
	})
	for _, f := range p.Files {
		headers := goHeaders(f)
		for len(headers) > 0 {
			function := headers[0].function
			var own, rest []goHeader
			for _, h := range headers {
				if h.function == function {
					own = append(own, h)
				} else {
					rest = append(rest, h)
				}
			}
			headers = rest
			sites = append(sites, goHandSite(own, options, library, rules))
		}
	}
	return sites
}

// goHand reads the headers that a function sets.
type goHand struct {
	goReader

	headers []goHeader
	// conditional says that the header with the origin depends on it.
	conditional bool
}

// goHandSite returns the place of headers that a function sets. options says that
// something in the package is about OPTIONS, and library that the project also has
// a package for CORS.
func goHandSite(headers []goHeader, options, library bool, rules []*Rule) *Site {
	first, last := headers[0], headers[len(headers)-1]
	f := first.file
	title := "headers set by hand"
	if d := f.Declaration(first.node); d != nil {
		title += " in " + d.Name.Name
	}
	span := source.Span{Start: f.Span(first.statement).Start, End: f.Span(last.statement).End}
	r := &goHand{goReader: goReader{stack: "go", rules: rules, site: &Site{Title: title, File: f.File, Span: span}}, headers: headers}
	for _, h := range headers {
		r.readHeader(h)
	}
	r.handJudge(options || library)
	if library {
		r.fault("own-header", first.file, first.node)
	}
	r.site.Draft.Sort()
	return r.site
}

// readHeader reads one header.
func (r *goHand) readHeader(h goHeader) {
	text, ok := h.file.String(h.value)
	switch {
	case h.name == "Access-Control-Allow-Origin":
		r.readAllowOrigin(h, text, ok)
	case !ok && isRequestHeader(h.file, h.value, "Access-Control-Request-Headers"):
		r.entry("allow_headers", "*", h.file, h.value)
		r.remark(Differs, "allow_headers", h.file, h.value, "Every header that a page asks for is allowed.")
	case !ok && isRequestHeader(h.file, h.value, "Access-Control-Request-Method"):
		r.entry("allow_methods", "*", h.file, h.value)
	case !ok:
		r.remark(Dynamic, fieldOf(h.name), h.file, h.value, "%s is known only when the program runs: %s.", h.name, h.file.Line(h.value))
	case h.name == "Access-Control-Allow-Credentials":
		if text == "true" {
			r.credentials = &Entry{Field: "allow_credentials", Value: "true", File: h.file.File, Span: h.file.Span(h.node)}
		}
	case h.name == "Access-Control-Max-Age":
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
			r.entry("max_age", min(time.Duration(min(n, 1<<30))*time.Second, 24*time.Hour).String(), h.file, h.value)
		}
	default:
		var items []gocode.Item
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				items = append(items, gocode.Item{Text: part, File: h.file, Node: h.value})
			}
		}
		r.addNames(fieldOf(h.name), items)
	}
}

// fieldOf returns the field of corsac.yaml that a header is about.
func fieldOf(header string) string {
	return map[string]string{
		"Access-Control-Allow-Origin": "allow_origins", "Access-Control-Allow-Credentials": "allow_credentials", "Access-Control-Allow-Methods": "allow_methods",
		"Access-Control-Allow-Headers": "allow_headers", "Access-Control-Expose-Headers": "expose_headers", "Access-Control-Max-Age": "max_age",
	}[header]
}

// isRequestHeader reports whether an expression is the value of a header of the
// request, such as r.Header.Get("Origin").
func isRequestHeader(f *gocode.File, e ast.Expr, name string) bool {
	at, e := f.Resolve(e)
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !slices.Contains([]string{"Get", "GetHeader"}, calleeName(call)) {
		return false
	}
	text, ok := at.String(call.Args[0])
	return ok && strings.EqualFold(text, name)
}

// readAllowOrigin reads the header with the origin.
func (r *goHand) readAllowOrigin(h goHeader, text string, literal bool) {
	f := h.file
	switch {
	case !literal && isRequestHeader(f, h.value, "Origin"):
		r.conditional = true
		r.readGuards(h)
	case !literal:
		r.conditional = true
		r.remark(Dynamic, "allow_origins", f, h.value, "The origin is known only when the program runs: %s.", f.Line(h.value))
	case text == "*":
		r.any, r.anyAt = true, goUnread{file: f, node: h.value}
		r.entry("allow_origins", "*", f, h.value)
	case strings.Contains(text, ","):
		r.fault("list-of-origins", f, h.value)
		r.remark(Lost, "allow_origins", f, h.value, "Browsers accept one origin only: list them in the policy.")
	case strings.Contains(text, "*"):
		r.fault("wildcard-in-header", f, h.value)
		r.remark(Lost, "allow_origins", f, h.value, "Browsers know no wildcards within an origin.")
	case text != "":
		r.conditional = r.conditional || r.guarded(h)
		r.exactOrigin(gocode.Item{Text: text, File: f, Node: h.value}, text)
	}
}

// guarded reports whether a header is set only under a condition.
func (r *goHand) guarded(h goHeader) bool {
	for n := h.file.Parent(h.statement); n != nil && n != h.function; n = h.file.Parent(n) {
		switch n.(type) {
		case *ast.IfStmt, *ast.CaseClause, *ast.RangeStmt:
			return true
		}
	}
	return false
}

// readGuards reads the conditions under which the request's origin is sent back.
func (r *goHand) readGuards(h goHeader) {
	f := h.file
	conditions := 0
	for n, inner := f.Parent(h.statement), ast.Node(h.statement); n != nil && n != h.function; n, inner = f.Parent(n), n {
		switch n := n.(type) {
		case *ast.IfStmt:
			if ast.Node(n.Body) != inner {
				conditions++
				r.remark(Dynamic, "allow_origins", f, n.Cond, "Which origins are allowed is known only when the program runs: unless %s.", f.Line(n.Cond))
				continue
			}
			conditions += r.readGuard(f, n.Cond)
		case *ast.CaseClause:
			conditions++
			r.readCases(f, n)
		}
	}
	if conditions > 0 {
		return
	}
	if r.returnsBefore(h) {
		r.remark(Dynamic, "allow_origins", f, h.value, "Which origins get so far is known only when the program runs.")
		return
	}
	r.any, r.reflects, r.anyAt = true, true, goUnread{file: f, node: h.value}
}

// readGuard reads a condition; it returns how many of its parts are about which
// origin it is, and not only whether there is one.
func (r *goHand) readGuard(f *gocode.File, cond ast.Expr) (parts int) {
	cond = ast.Unparen(cond)
	if and, ok := cond.(*ast.BinaryExpr); ok {
		switch and.Op {
		case token.LAND:
			return r.readGuard(f, and.X) + r.readGuard(f, and.Y)
		case token.NEQ:
			if text, ok := f.String(and.Y); ok && text == "" {
				return 0
			}
		case token.EQL:
			if r.readRange(f, and.X) || r.readRange(f, and.Y) {
				return 1
			}
		}
	}
	if strings.Contains(f.Source(cond), "Method") {
		return 0 // about OPTIONS
	}
	if id, ok := cond.(*ast.Ident); ok { // if _, ok := allowed[origin]; ok
		if index := f.Indexed(id); index != nil && r.readExact(f, index.X) {
			return 1
		}
	}
	before := len(r.site.Draft.Entries) + len(r.site.Faults)
	for _, name := range f.NamesOf(cond) {
		if isRequestHeader(f, name, "Origin") && r.readTerm(f, cond, name.Name) && len(r.site.Draft.Entries)+len(r.site.Faults) > before {
			return 1
		}
	}
	r.remark(Dynamic, "allow_origins", f, cond, "Which origins are allowed is known only when the program runs: %s.", f.Line(cond))
	return 1
}

// readRange reads the list that a variable of a loop goes through.
func (r *goHand) readRange(f *gocode.File, e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	_, node := f.Definition(id)
	loop, ok := node.(*ast.RangeStmt)
	return ok && loop.Value != nil && f.Source(loop.Value) == id.Name && r.readExact(f, loop.X)
}

// readCases reads the origins of a case.
func (r *goHand) readCases(f *gocode.File, clause *ast.CaseClause) {
	for _, e := range clause.List {
		if text, ok := f.String(e); ok {
			r.exactOrigin(gocode.Item{Text: text, File: f, Node: e}, text)
		} else {
			r.remark(Dynamic, "allow_origins", f, e, "An origin is known only when the program runs: %s.", f.Line(e))
		}
	}
}

// returnsBefore reports whether the function may return before a header is set.
func (r *goHand) returnsBefore(h goHeader) bool {
	found := false
	ast.Inspect(h.function, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok && ret.Pos() < h.node.Pos() && h.file.Function(ret) == h.function {
			found = true
		}
		return !found
	})
	return found
}

// handJudge reports what the headers mean together.
func (r *goHand) handJudge(options bool) {
	r.whom()
	r.nameLists()
	for _, h := range r.headers {
		r.handFaults(h)
	}
	r.handFlow(options)
}

// handFaults reports the faults of one header.
func (r *goHand) handFaults(h goHeader) {
	f := h.file
	if text, ok := f.String(h.value); ok && strings.TrimSpace(text) == "*" && r.credentials != nil && h.name != "Access-Control-Allow-Origin" {
		r.fault("wildcard-name-with-credentials", f, h.node)
	}
	if (h.verb == "Add" || h.verb == "Append") && h.name == "Access-Control-Allow-Origin" {
		var edits []source.Edit
		if sel, ok := h.node.(*ast.CallExpr).Fun.(*ast.SelectorExpr); ok && r.count(h.name) == 1 && h.verb == "Add" {
			edits = []source.Edit{{Span: f.Span(sel.Sel), New: "Set"}}
		}
		r.fault("added", f, h.node, edits...)
	}
	_, block := f.Statement(h.node)
	for _, before := range statementsOf(block) {
		if before == h.statement {
			break
		}
		if call := calledIn(before); call != nil && writes(f, call, h.receiver) {
			r.fault("after-write", f, h.node)
			break
		}
	}
}

func (r *goHand) count(name string) (n int) {
	for _, h := range r.headers {
		if h.name == name {
			n++
		}
	}
	return n
}

// writes reports whether a call begins the response whose header is receiver.
func writes(f *gocode.File, call *ast.CallExpr, receiver string) bool {
	writer := strings.TrimSuffix(receiver, ".Header()")
	name := calleeName(call)
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok && f.Source(sel.X) == writer && (name == "WriteHeader" || name == "Write" || name == "WriteString") {
		return true
	}
	path, fn := f.Selected(call.Fun)
	toWriter := len(call.Args) > 0 && f.Source(call.Args[0]) == writer
	return toWriter && (path == "fmt" && strings.HasPrefix(fn, "Fprint") || path == "io" && fn == "WriteString" || path == "net/http" && (fn == "Error" || fn == "Redirect"))
}

// handFlow reports faults of how the function goes on.
func (r *goHand) handFlow(options bool) {
	first := r.headers[0]
	f := first.file
	if !options && r.count("Access-Control-Allow-Methods")+r.count("Access-Control-Allow-Headers") > 0 {
		r.fault("no-preflight", f, first.node)
	}
	if r.conditional && !strings.Contains(f.Source(first.function), "Vary") {
		for _, h := range r.headers {
			if h.name != "Access-Control-Allow-Origin" {
				continue
			}
			var edits []source.Edit
			if h.verb == "Set" && strings.HasSuffix(h.receiver, ".Header()") {
				at := f.Span(h.statement).Start
				edits = []source.Edit{source.Insert(at, h.receiver+`.Add("Vary", "Origin")`+f.NewLine()+f.Indent(at))}
			}
			r.fault("missing-vary", f, h.node, edits...)
			break
		}
	}
	ast.Inspect(first.function, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if ok && isOptions(f, branch.Cond) && branch.Else == nil && len(branch.Body.List) > 0 {
			last := branch.Body.List[len(branch.Body.List)-1]
			if call := calledIn(last); call != nil && calleeName(call) == "WriteHeader" && f.Block(branch) != nil && !lastIn(f, branch) {
				r.fault("options-continues", f, last)
			}
		}
		return true
	})
}

// lastIn reports whether a statement is the last of its block.
func lastIn(f *gocode.File, s ast.Stmt) bool {
	list := statementsOf(f.Block(s))
	return len(list) > 0 && list[len(list)-1] == s
}

// isOptions reports whether a condition is that the method is OPTIONS.
func isOptions(f *gocode.File, e ast.Expr) bool {
	b, ok := ast.Unparen(e).(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL {
		return false
	}
	for _, side := range []ast.Expr{b.X, b.Y} {
		if text, ok := f.String(side); ok && text == "OPTIONS" {
			return true
		}
	}
	return false
}
