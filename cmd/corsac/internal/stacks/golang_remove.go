package stacks

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// takeOutHeaders takes out the CORS headers that handlers set themselves, the
// branches for OPTIONS beside them, and what is of no use without them.
func (p *goProject) takeOutHeaders() error {
	if p.want.Path != "" {
		return nil // handlers of other paths keep theirs; the middleware replaces the others
	}
	for _, pkg := range p.packages() {
		if pkg.Name == "main" && !slices.Contains(p.home, pkg.Dir) {
			continue
		}
		for _, f := range pkg.Files {
			headers := goHeaders(f)
			if len(headers) == 0 || f.Err != nil {
				continue
			}
			r := &goRemoval{file: f, gone: map[ast.Node]bool{}}
			for _, h := range r.headers(headers) {
				p.note("%s, line %d: this header is left, as its value may do more than CORS: take it out yourself.", f.Name, f.Place(f.Span(h.node).Start).Line)
			}
			for _, h := range headers {
				if d := f.Declaration(h.node); d != nil {
					p.touched[f.Name+" "+d.Name.Name] = true
				}
			}
			edits := r.edits()
			if len(edits) > 0 {
				p.note("%s: the headers that handlers set themselves are taken out.", f.Name)
			}
			if err := p.edit(f, edits...); err != nil {
				return err
			}
		}
	}
	for range 10 { // until nothing is without use any more
		changed, err := p.takeOutEmpty()
		if err != nil || !changed {
			return err
		}
	}
	return nil
}

// goRemoval is the nodes of a file that are taken out.
type goRemoval struct {
	file *gocode.File
	gone map[ast.Node]bool
}

// headers marks the statements that set headers, and what is only there for them.
// It returns the headers that stay.
func (r *goRemoval) headers(headers []goHeader) (left []goHeader) {
	functions := map[ast.Node]bool{}
	for _, h := range headers {
		if r.pureHeader(h) {
			r.gone[h.statement] = true
		} else {
			left = append(left, h)
		}
		functions[h.function] = true
		if d := r.file.Declaration(h.node); d != nil && h.function != nil {
			functions[d] = true
		}
	}
	for fn := range functions {
		if fn == nil {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if s, ok := n.(*ast.ExprStmt); ok && r.isVary(s) && slices.ContainsFunc(headers, func(h goHeader) bool { return h.function == r.file.Function(s) }) {
				r.gone[s] = true
			}
			return true
		})
	}
	for fn := range functions {
		if fn != nil {
			r.options(fn)
		}
	}
	for _, h := range headers {
		if r.gone[h.statement] {
			r.around(h.statement)
		}
	}
	return left
}

// isVary reports whether a statement adds Vary for CORS only.
func (r *goRemoval) isVary(s *ast.ExprStmt) bool {
	call, ok := s.X.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return false
	}
	name, _ := r.file.String(call.Args[0])
	value, ok := r.file.String(call.Args[1])
	if !ok || !strings.EqualFold(name, "Vary") {
		return false
	}
	for part := range strings.SplitSeq(value, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		if part != "origin" && part != "access-control-request-method" && part != "access-control-request-headers" {
			return false
		}
	}
	return true
}

// options marks the branches for OPTIONS that do nothing but end the request.
func (r *goRemoval) options(fn ast.Node) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if _, nested := r.file.Parent(n).(*ast.IfStmt); r.isOptions(n.Cond) && n.Else == nil && n.Init == nil && !nested && r.trivial(n.Body.List) {
				r.gone[n] = true
				r.around(n)
			}
		case *ast.CaseClause:
			of, ok := r.file.Parent(r.file.Parent(n)).(*ast.SwitchStmt)
			if len(n.List) != 1 || !ok || !r.isMethod(of.Tag) || !r.trivial(n.Body) {
				return true
			}
			if text, ok := r.file.String(n.List[0]); ok && text == "OPTIONS" {
				r.gone[n] = true
			}
		}
		return true
	})
}

// trivial reports whether statements do nothing but end a preflight with success.
func (r *goRemoval) trivial(list []ast.Stmt) bool {
	for _, s := range list {
		if r.gone[s] {
			continue
		}
		switch s := s.(type) {
		case *ast.ReturnStmt:
			if len(s.Results) > 0 && r.file.Source(s.Results[0]) != "nil" && !r.endsRequest(s.Results[0]) {
				return false
			}
		case *ast.ExprStmt:
			if !r.endsRequest(s.X) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// endsRequest reports whether an expression writes a status or nothing.
func (r *goRemoval) endsRequest(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch name := calleeName(call); name {
	case "WriteHeader", "AbortWithStatus", "SendStatus", "NoContent", "Status":
		n, ok := r.file.Int(lastArg(call))
		return r.ofParameter(call.Fun) && ok && n >= 200 && n < 300
	case "Write", "Fprint", "Fprintln", "WriteString":
		writer := call.Fun
		if path, _ := r.file.Selected(call.Fun); path == "fmt" || path == "io" {
			writer = call.Args[0]
		}
		source := r.file.Source(lastArg(call))
		return r.ofParameter(writer) && slices.Contains([]string{"nil", `""`, `[]byte("")`, `[]byte("ok")`, `[]byte("OK")`, `"ok"`, `"OK"`}, source)
	case "Abort":
		return r.ofParameter(call.Fun) && len(call.Args) == 0
	}
	return false
}

func lastArg(call *ast.CallExpr) ast.Expr {
	if len(call.Args) == 0 {
		return &ast.BadExpr{}
	}
	return call.Args[len(call.Args)-1]
}

// around marks the statements around one that have nothing else left, and decide
// nothing else.
func (r *goRemoval) around(n ast.Node) {
	for n = r.file.Parent(n); n != nil; n = r.file.Parent(n) {
		switch s := n.(type) {
		case *ast.IfStmt:
			if s.Else != nil && !r.isGone(s.Else) || !r.allGone(s.Body.List) || !r.pure(s.Cond) || !r.pureInit(s.Init) {
				return
			}
			r.gone[s] = true
		case *ast.RangeStmt:
			if !r.allGoneOrLeave(s.Body.List) || !r.pure(s.X) {
				return
			}
			r.gone[s] = true
		case *ast.SwitchStmt:
			if !r.allGone(s.Body.List) || s.Tag != nil && !r.pure(s.Tag) || !r.pureInit(s.Init) {
				return
			}
			r.gone[s] = true
		case *ast.CaseClause:
			if !r.allGone(s.Body) {
				return
			}
			r.gone[s] = true
		case *ast.BlockStmt:
		default:
			return
		}
	}
	// Cases of a switch that stays are kept, as without them others would run.
}

func (r *goRemoval) isGone(s ast.Stmt) bool {
	if block, ok := s.(*ast.BlockStmt); ok {
		return r.allGone(block.List)
	}
	return r.gone[s]
}

func (r *goRemoval) allGone(list []ast.Stmt) bool {
	return !slices.ContainsFunc(list, func(s ast.Stmt) bool { return !r.gone[s] })
}

// allGoneOrLeave is allGone for the body of a loop, which may end with break.
func (r *goRemoval) allGoneOrLeave(list []ast.Stmt) bool {
	return !slices.ContainsFunc(list, func(s ast.Stmt) bool {
		if branch, ok := s.(*ast.IfStmt); ok && !r.gone[s] && branch.Else == nil && branch.Init == nil && r.pure(branch.Cond) {
			return !r.allGoneOrLeave(branch.Body.List)
		}
		leave, ok := s.(*ast.BranchStmt)
		return !r.gone[s] && (!ok || leave.Tok != token.BREAK || leave.Label != nil)
	})
}

// edits returns the edits that take the nodes out, each with its lines.
func (r *goRemoval) edits() (edits []source.Edit) {
	var nodes []ast.Node
	for n := range r.gone {
		inside := false
		for outer := r.file.Parent(n); outer != nil && !inside; outer = r.file.Parent(outer) {
			inside = r.gone[outer]
		}
		clause, isCase := n.(*ast.CaseClause)
		switch {
		case inside:
		case isCase && !r.isOptionsCase(clause):
			for _, s := range clause.Body { // the case itself stays
				nodes = append(nodes, s)
			}
		default:
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, gocode.Compare)
	last := 0
	for _, n := range nodes {
		span := withComment(r.file, r.file.Span(n))
		if branch, ok := r.file.Parent(n).(*ast.IfStmt); ok && branch.Else == n { // else if
			span = source.Span{Start: r.file.Span(branch.Body).End, End: r.file.Span(n).End}
		}
		span.Start = max(span.Start, last)
		last = span.End
		edits = append(edits, source.Edit{Span: span})
	}
	return edits
}

func (r *goRemoval) isOptionsCase(clause *ast.CaseClause) bool {
	if len(clause.List) != 1 {
		return false
	}
	text, ok := r.file.String(clause.List[0])
	return ok && text == "OPTIONS"
}

// withComment returns the lines of a node with the comment right above them, if
// that is about CORS, and one of two blank lines around them.
func withComment(f *gocode.File, span source.Span) source.Span {
	span = wholeLines(f, span)
	for span.Start > 0 && span.Start == f.LineStart(span.Start) {
		start := f.LineStart(span.Start - 1)
		line := strings.TrimSpace(f.Text[start : span.Start-1])
		if lower := strings.ToLower(line); !strings.HasPrefix(line, "//") || !containsOne(lower, []string{"cors", "access-control", "preflight", "cross-origin", "cross origin", "options"}) {
			break
		}
		span.Start = start
	}
	blank := func(from, to int) bool {
		return from >= 0 && to <= len(f.Text) && from < to && strings.TrimSpace(f.Text[from:to]) == ""
	}
	before := span.Start > 1 && blank(f.LineStart(span.Start-1), span.Start)
	opens := span.Start > 1 && strings.HasSuffix(strings.TrimSpace(f.Text[:span.Start]), "{") && !before
	if span.End < len(f.Text) && span.Start == f.LineStart(span.Start) && (before || opens) && blank(span.End, f.LineEnd(span.End)) {
		span.End = f.LineEnd(span.End)
	}
	return span
}
