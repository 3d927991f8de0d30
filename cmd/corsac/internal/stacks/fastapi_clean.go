package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// cleanOwn removes the CORS headers that functions set by themselves: for origins
// that the CORSMiddleware refuses, they would reach the page.
func (c *asgiChange) cleanOwn() {
	var removed []string
	for _, o := range c.project.own {
		_, path := route(o.function)
		at := finding.Position(o.file.Place(o.headers[0].span.Start))
		if prefix := c.want.Path; prefix != "" && !strings.HasPrefix(path+"/", strings.TrimSuffix(prefix, "/")+"/") {
			c.note("%s: headers that are set by hand outside of %s were left alone.", at, prefix)
			continue
		}
		edits, left := o.remove()
		c.out.Edit(o.file.File, edits...)
		if len(edits) > 0 {
			removed = append(removed, at)
		}
		if left {
			c.note("%s: a CORS header that is set by hand could not be removed: do that yourself, as it also reaches origins that are refused.", at)
		}
		if method, _ := route(o.function); method == "options" {
			c.note("%s: the route for OPTIONS is no longer needed: CORSMiddleware answers preflights before it.", at)
		}
	}
	if len(removed) > 0 {
		c.note("CORS headers that were set by hand were removed (%s).", strings.Join(removed, ", "))
	}
}

// remove returns the edits that remove the headers; left says that some could
// not be.
func (o *ownHeaders) remove() (edits []source.Edit, left bool) {
	byDict, byBlock := map[*python.Expr][]int{}, map[*python.Stmt][]*python.Stmt{}
	var dicts []*python.Expr
	stmts := map[*python.Expr]*python.Stmt{}
	for _, h := range o.headers {
		switch {
		case !o.file.pure(h.value):
			left = true
		case h.whole && o.file.pureStatement(h.stmt):
			byBlock[h.stmt.Parent] = append(byBlock[h.stmt.Parent], h.stmt)
		case h.dict != nil:
			if byDict[h.dict] == nil {
				dicts = append(dicts, h.dict)
			}
			byDict[h.dict] = append(byDict[h.dict], h.index)
			stmts[h.dict] = h.stmt
		default:
			left = true
		}
	}
	for _, h := range o.headers {
		if list := byBlock[h.stmt.Parent]; slices.Contains(list, h.stmt) {
			edits = append(edits, o.file.removeStmts(o.file.block(h.stmt), list)...)
			delete(byBlock, h.stmt.Parent)
		}
	}
	for _, d := range dicts {
		edits = append(edits, o.file.removeKeys(stmts[d], d, byDict[d])...)
	}
	return edits, left
}

// pureStatement reports whether a statement that sets a header does nothing else:
// what the header is set in is a name with attributes.
func (f *pyFile) pureStatement(s *python.Stmt) bool {
	if len(s.Targets) == 1 {
		return f.pure(s.Targets[0].Base)
	}
	return len(s.Targets) == 0 && len(s.Exprs) == 1 && f.pure(s.Exprs[0].Base)
}

// pureOps are operators without effects.
var pureOps = []string{"+", "%", "or", "and", "not", "in", "==", "!=", "if", "else", "is", "not in", "is not"}

// pure reports whether an expression has no effect, and calls nothing but methods
// of the headers of the request and of strings.
func (f *pyFile) pure(e *python.Expr) bool {
	pure := true
	e.Walk(func(x *python.Expr) {
		switch x.Kind {
		case python.Call:
			name := lastPart(x.Base.Name)
			get := name == "get" && (x.Base.Kind == python.Var || x.Base.Kind == python.Attribute) && f.isHeaders(x.Base) && len(x.Args) > 0 && x.Args[0].Value.Kind == python.String
			text := name == "join" && x.Base.Kind == python.Attribute && x.Base.Base.Kind == python.String
			pure = pure && (get || text || x.Base.Kind == python.Var && slices.Contains([]string{"str", "os.getenv"}, f.Resolve(x.Base.Name)))
		case python.Other:
			known := len(x.Items) > 0 && !slices.ContainsFunc(x.Ops, func(op string) bool { return !slices.Contains(pureOps, op) })
			pure = pure && known
		}
	})
	return pure
}

// removeStmts removes statements of a block, of which one must stay.
func (f *pyFile) removeStmts(block, list []*python.Stmt) (edits []source.Edit) {
	docstring := func(s *python.Stmt) bool {
		return len(s.Exprs) == 1 && s.Exprs[0].Kind == python.String && s.Assign == ""
	}
	stays := slices.ContainsFunc(block, func(s *python.Stmt) bool { return !slices.Contains(list, s) && !docstring(s) })
	for i, s := range list {
		edits = append(edits, f.removeStmt(s, i == 0 && !stays && s.Parent != nil))
	}
	return edits
}

// removeKeys removes elements of a dict, and the dict as an argument if nothing
// is left of it.
func (f *pyFile) removeKeys(s *python.Stmt, d *python.Expr, indexes []int) []source.Edit {
	if len(indexes) == len(d.Keys) {
		return f.removeDict(s, d)
	}
	spans := make([]source.Span, len(d.Keys))
	for i, key := range d.Keys {
		spans[i] = d.Items[i].Span
		if key != nil {
			spans[i].Start = key.Start
		}
	}
	return f.remove(spans, indexes...)
}

// removeDict removes a dict: with its argument, if that is headers=…, else its
// elements only.
func (f *pyFile) removeDict(s *python.Stmt, d *python.Expr) (edits []source.Edit) {
	edits = []source.Edit{{Span: d.Span, New: "{}"}}
	s.WalkExprs(func(e *python.Expr) {
		var spans []source.Span
		at := -1
		for i, a := range e.Args {
			spans = append(spans, a.Span)
			if a.Value == d && a.Name == "headers" {
				at = i
			}
		}
		if at >= 0 {
			edits = f.remove(spans, at)
		}
	})
	return edits
}
