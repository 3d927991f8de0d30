package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// isOrigin reports whether an expression is the Origin of the request, such as
// request.headers.get("origin"), or has it in a part.
func (f *pyFile) isOrigin(e *python.Expr) (yes bool) {
	if known, ok := f.origins[e]; ok {
		return known
	}
	defer func() { f.origins[e] = yes }()
	e.Walk(func(x *python.Expr) {
		switch {
		case x.Kind == python.Var:
			yes = yes || strings.HasSuffix(x.Name, "request.origin")
		case x.Kind == python.Call && len(x.Args) > 0:
			yes = yes || f.isHeaders(x.Base) && namesOrigin(x.Args[0].Value)
		case x.Kind == python.Subscript && len(x.Items) == 1:
			yes = yes || f.isHeaders(x.Base) && namesOrigin(x.Items[0])
		}
	})
	return yes
}

// isHeaders reports whether the name of an expression is that of the headers of a
// request, or of a function of them.
func (f *pyFile) isHeaders(e *python.Expr) bool {
	if e == nil || strings.HasPrefix(f.Resolve(e.Name), "os.") {
		return false
	}
	name := strings.ToLower(e.Name)
	return slices.ContainsFunc([]string{"header", "meta", "environ"}, func(s string) bool { return strings.Contains(name, s) }) ||
		e.Kind == python.Attribute && f.isHeaders(e.Base)
}

// namesOrigin reports whether a string names the header Origin.
func namesOrigin(e *python.Expr) bool {
	return e.Kind == python.String && (strings.EqualFold(e.Text, "origin") || e.Text == "HTTP_ORIGIN")
}

// comparison is what a function compares the origin of the request with.
type comparison struct {
	// with are the origins, a list or a string; nil if it is a function that
	// decides.
	with *python.Expr
	// part says that only a part of the origin is compared.
	part bool
	// also says that it is not a comparison, but another part of the same condition.
	also bool
	at   *python.Stmt
	expr *python.Expr
}

// comparisons returns what a function compares the origin of the request with. A
// condition that only asks whether there is one does not count.
func (f *pyFile) comparisons(function *python.Stmt) (list []comparison) {
	if function == nil {
		return nil
	}
	python.Walk(function.Body, func(s *python.Stmt) bool {
		is := func(e *python.Expr) bool { return f.isOrigin(f.Follow(e, s)) }
		s.WalkExprs(func(e *python.Expr) {
			switch {
			case e.Kind == python.Call && s.Keyword != "":
				list = append(list, called(s, e, is)...)
			case e.Kind == python.Other:
				if found := f.compared(s, e, is); len(found) > 0 {
					list = append(append(list, found...), f.beside(s, e, is)...)
				}
			}
		})
		return true
	})
	return list
}

// compared returns the comparisons of an expression with operators. Its operands
// are in the order of the text, with operators between them.
func (f *pyFile) compared(s *python.Stmt, e *python.Expr, is func(*python.Expr) bool) (list []comparison) {
	equal := slices.Contains(e.Ops, "==") || slices.Contains(e.Ops, "!=")
	if !equal && !slices.Contains(e.Ops, "in") || slices.Contains(e.Ops, "for") {
		return nil
	}
	for i := 1; i < len(e.Items); i++ {
		a, b := e.Items[i-1], e.Items[i]
		both := &python.Expr{Span: source.Span{Start: a.Start, End: b.End}}
		switch {
		case f.joined(a, b), a.Kind == python.String && a.Text == "", b.Kind == python.String && b.Text == "":
		case is(a) && !is(b) && b.Kind != python.None:
			list = append(list, comparison{with: b, at: s, expr: both})
		case is(b) && a.Kind == python.String && !equal:
			list = append(list, comparison{with: a, part: true, at: s, expr: both})
		case is(b) && !is(a) && equal && a.Kind != python.None:
			list = append(list, comparison{with: a, at: s, expr: both})
		}
	}
	return list
}

// joined reports whether and, or or stands between two operands.
func (f *pyFile) joined(a, b *python.Expr) bool {
	between := words(f.Text[a.End:b.Start])
	return slices.Contains(between, "and") || slices.Contains(between, "or")
}

// beside returns the parts of a condition that do not ask for the origin, such as
// app.debug in: if origin in ORIGINS or app.debug.
func (f *pyFile) beside(s *python.Stmt, e *python.Expr, is func(*python.Expr) bool) (list []comparison) {
	begin := 0
	for i, item := range e.Items {
		last := i == len(e.Items)-1
		if !last && !f.joined(item, e.Items[i+1]) {
			continue
		}
		if part := e.Items[begin : i+1]; (begin > 0 || !last) && !slices.ContainsFunc(part, is) {
			list = append(list, comparison{also: true, at: s, expr: &python.Expr{Span: source.Span{Start: part[0].Start, End: item.End}}})
		}
		begin = i + 1
	}
	return list
}

// called returns the comparisons of a call in a condition: of a function that gets
// the origin, or of a method of the origin.
func called(s *python.Stmt, e *python.Expr, is func(*python.Expr) bool) (list []comparison) {
	name, method, _ := strings.Cut(e.Callee(), ".")
	if own := (&python.Expr{Kind: python.Var, Name: name}); method == "startswith" || method == "endswith" {
		if is(own) && len(e.Args) == 1 {
			text := e.Args[0].Value.Text
			whole := e.Args[0].Value.Kind != python.String || method == "endswith" && strings.HasPrefix(text, ".") || method == "startswith" && strings.HasSuffix(text, ":")
			list = append(list, comparison{at: s, expr: e, part: !whole})
		}
		return list
	}
	if slices.ContainsFunc(e.Args, func(a python.Arg) bool { return a.Value.Kind == python.Var && is(a.Value) }) {
		list = append(list, comparison{at: s, expr: e})
	}
	return list
}

// reflects reports whether a header repeats the origin of every request.
func (o *ownHeaders) reflects(h ownHeader) bool {
	return len(o.compared) == 0 && o.file.isAllOrigin(o.file.Follow(h.value, h.stmt))
}

// isAllOrigin reports whether an expression is the Origin of the request and nothing
// else, perhaps with a string where there is none.
func (f *pyFile) isAllOrigin(e *python.Expr) bool {
	switch e.Kind {
	case python.Var:
		return strings.HasSuffix(e.Name, "request.origin")
	case python.Call:
		return len(e.Args) > 0 && f.isHeaders(e.Base) && namesOrigin(e.Args[0].Value)
	case python.Subscript:
		return len(e.Items) == 1 && f.isHeaders(e.Base) && namesOrigin(e.Items[0])
	case python.Other:
		return len(e.Items) == 2 && slices.Equal(e.Ops, []string{"or"}) && e.Items[1].Kind == python.String && f.isAllOrigin(e.Items[0])
	}
	return false
}

// readCompared reads the origins that a header repeats from what they are compared
// with.
func (r *pyReader) readCompared(list []comparison) {
	const field = "allow_origins"
	for _, c := range list {
		r.at = c.at
		items := []*python.Expr(nil)
		switch {
		case c.also:
			r.remark(Dynamic, field, "Another condition decides, too: "+shorten(c.expr.In(r.file.File)), c.expr)
		case c.with != nil && !c.part:
			value := r.file.Follow(c.with, c.at)
			listed := false
			if items, listed = r.strings(field, c.with); value.Kind == python.String {
				items, listed = []*python.Expr{value}, true
			}
			if !listed {
				r.remark(Dynamic, field, "The origins "+r.why(value), c.with)
				continue
			}
		default:
			r.remark(Dynamic, field, "The program decides which origins it repeats.", c.expr)
		}
		for _, item := range items {
			r.origin(item.Text, item)
		}
	}
}
