package stacks

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// replaceValue replaces the value of a setting: only the items that differ, if it
// is a list.
func (g *goSettingsEdit) replaceValue(v goValue, field goField) {
	text := g.text(field)
	at, e := v.file.Resolve(v.expr)
	if list, ok := e.(*ast.CompositeLit); ok && g.replaceItems(at, list, v, field) {
		return
	}
	if text == "[]string{}" {
		g.drop(v)
		return
	}
	g.add(v.file, source.Edit{Span: v.file.Span(v.expr), New: text})
}

// replaceItems changes a literal list, which may be the value of a variable. It
// reports whether it could.
func (g *goSettingsEdit) replaceItems(f *gocode.File, list *ast.CompositeLit, v goValue, field goField) bool {
	if id, ok := ast.Unparen(v.expr).(*ast.Ident); ok && g.usesOf(id) > 1 {
		return false
	}
	items, ok := f.Strings(list)
	parsed := gocode.Parse(&source.File{Name: "x.go", Text: "package main\n\nvar x = " + field.text + "\n"})
	if !ok || parsed == nil || parsed.Err != nil || len(items) != len(list.Elts) || len(items) == 0 {
		return false
	}
	want, ok := parsed.Strings(parsed.AST.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0])
	if _, isArray := list.Type.(*ast.ArrayType); !ok || !isArray || len(want) == 0 {
		return false
	}
	s := g.config.lib.settings[field.name]
	has := func(list []gocode.Item, text string) bool {
		return slices.ContainsFunc(list, func(i gocode.Item) bool {
			return i.Text == text || (s.field == "allow_headers" || s.field == "expose_headers") && strings.EqualFold(i.Text, text)
		})
	}
	var kept []ast.Expr
	for i, item := range items {
		if has(want, item.Text) || g.needless(s.field, item.Text) {
			kept = append(kept, list.Elts[i])
		}
	}
	var added []string
	for _, item := range want {
		if !has(items, item.Text) && !(s.field == "allow_headers" && item.Text == "Accept" && len(kept) > 0) {
			added = append(added, methodLike(f, list, s.field, item.Text))
		}
	}
	g.rewriteList(f, list, kept, added)
	return true
}

// methodLike returns an item to add to a list: a constant of net/http if the list
// has those and there is one, else a string.
func methodLike(f *gocode.File, list *ast.CompositeLit, field, text string) string {
	name := map[string]string{
		"GET": "MethodGet", "HEAD": "MethodHead", "POST": "MethodPost", "PUT": "MethodPut", "PATCH": "MethodPatch",
		"DELETE": "MethodDelete", "CONNECT": "MethodConnect", "OPTIONS": "MethodOptions", "TRACE": "MethodTrace",
	}[text]
	first, ok := list.Elts[0].(*ast.SelectorExpr)
	if path, _ := f.Selected(list.Elts[0]); !ok || name == "" || field != "allow_methods" || path != "net/http" {
		return goString(text)
	}
	return f.Source(first.X) + "." + name
}

// usesOf returns how often the package uses a variable, besides its declaration.
func (g *goSettingsEdit) usesOf(id *ast.Ident) (n int) {
	for _, f := range g.config.file.Package.Files {
		n += len(f.Uses(f.AST, id.Name))
	}
	return n - 1
}

// rewriteList keeps some items of a list, and adds others after them.
func (g *goSettingsEdit) rewriteList(f *gocode.File, list *ast.CompositeLit, kept []ast.Expr, added []string) {
	last := list.Elts[len(list.Elts)-1]
	multi := strings.Contains(f.Text[f.Span(last).End:f.Offset(list.Rbrace)], "\n")
	if multi && len(kept)+len(added) > 0 {
		g.removeItems(f, list, kept)
		if len(added) > 0 {
			indent := f.Indent(f.Span(last).Start)
			g.add(f, source.Insert(f.LineStart(f.Offset(list.Rbrace)), indent+strings.Join(added, ",\n"+indent)+",\n"))
		}
		return
	}
	if len(kept) == len(list.Elts) {
		g.add(f, source.Insert(f.Span(last).End, ", "+strings.Join(added, ", ")))
		return
	}
	var texts []string
	for _, e := range kept {
		texts = append(texts, f.Source(e))
	}
	span := source.Span{Start: f.Offset(list.Lbrace) + 1, End: f.Offset(list.Rbrace)}
	g.add(f, source.Edit{Span: span, New: strings.Join(append(texts, added...), ", ")})
}

// removeItems removes the lines of items that are not kept, if each has its own,
// and else the items.
func (g *goSettingsEdit) removeItems(f *gocode.File, list *ast.CompositeLit, kept []ast.Expr) {
	for i, e := range list.Elts {
		if slices.Contains(kept, e) {
			continue
		}
		span := source.Span{Start: f.Span(e).Start, End: f.Offset(list.Rbrace)}
		if i+1 < len(list.Elts) {
			span.End = f.Span(list.Elts[i+1]).Start
		}
		if line := f.Text[f.LineStart(span.Start):f.LineEnd(span.Start)]; strings.TrimSuffix(strings.TrimSpace(line), ",") == f.Source(e) || strings.HasPrefix(strings.TrimSpace(line), f.Source(e)+", //") {
			span = source.Span{Start: f.LineStart(span.Start), End: f.LineEnd(span.Start)}
		} else if i+1 == len(list.Elts) {
			span.End = f.Span(e).End
			if strings.HasPrefix(f.Text[span.End:], ",") {
				span.End++
			}
		}
		g.add(f, source.Edit{Span: span})
	}
}

// replaceNode replaces what sets a setting in parts, such as several appends: the
// last gets the whole value.
func (g *goSettingsEdit) replaceNode(v goValue, field goField) {
	c := g.config
	for _, other := range c.values {
		if other.name == v.name && other.node != v.node {
			g.drop(other)
		}
	}
	last := v
	for _, other := range c.values {
		if other.name == v.name {
			last = other
		}
	}
	if last.node != v.node {
		g.edits[last.file] = slices.DeleteFunc(g.edits[last.file], func(e source.Edit) bool {
			return e.New == "" && e.Start <= last.file.Span(last.node).Start && e.End >= last.file.Span(last.node).End
		})
		g.drop(v)
	}
	g.add(last.file, source.Edit{Span: last.file.Span(last.node), New: fmt.Sprintf("%s.%s = %s", g.variable(), field.name, g.text(field))})
}

// variable returns the name of the variable with the configuration.
func (g *goSettingsEdit) variable() string {
	return g.config.file.Source(ast.Unparen(g.config.call.Args[0]))
}

// insertField adds a setting: to the literal, or as a statement before the call.
func (g *goSettingsEdit) insertField(field goField) {
	c := g.config
	text := g.text(field)
	if c.literal == nil {
		statement, _ := c.file.Statement(c.call)
		at := c.file.Span(statement).Start
		g.add(c.file, source.Insert(at, g.variable()+"."+field.name+" = "+text+"\n"+c.file.Indent(at)))
		return
	}
	f, literal := c.holder, c.literal
	end := f.Offset(literal.Rbrace)
	switch {
	case len(literal.Elts) == 0:
		indent := f.Indent(f.Span(literal).Start)
		if !slices.ContainsFunc(g.edits[f], func(e source.Edit) bool { return e.Start == f.Offset(literal.Lbrace)+1 }) {
			g.add(f, source.Edit{Span: source.Span{Start: f.Offset(literal.Lbrace) + 1, End: end}, New: "\n"})
		}
		g.add(f, source.Insert(end, indent+"\t"+field.name+": "+text+",\n"+indent))
	case strings.Contains(f.Text[f.Span(literal.Elts[len(literal.Elts)-1]).End:end], "\n"):
		indent := f.Indent(f.Span(literal.Elts[0]).Start)
		g.add(f, source.Insert(f.LineStart(end), indent+field.name+": "+text+",\n"))
	default:
		after := f.Span(literal.Elts[len(literal.Elts)-1]).End
		g.add(f, source.Insert(after, ", "+field.name+": "+text))
	}
}

// dropOthers removes settings that are not to be there: other ways to say which
// origins are allowed, and what is true, or set, and is not wanted.
func (g *goSettingsEdit) dropOthers() {
	c := g.config
	for _, v := range c.values {
		s, known := c.lib.settings[v.name]
		_, wanted := g.target.field(v.name)
		if !known || wanted || g.dynamic[s.field] || v.node == ast.Node(c.call) {
			continue
		}
		inert := s.field == "allow_credentials" && g.mentioned("allow_origins") && (g.reader.any && !g.reader.reflects || g.wantsAny())
		if s.field != "" && !g.mentioned(s.field) && !inert {
			continue
		}
		if inert && g.wantsAny() {
			g.project.note("%s is taken out: with *, browsers refuse credentials.", v.name)
		}
		switch s.kind {
		case goFunc:
			if !g.sameOrigins() || g.hasOrigins() {
				g.drop(v)
			}
		case goOrigins, goCommas, goNames, goAny, goList:
			if items, ok := v.items(); !ok || len(items) > 0 || s.kind == goAny {
				g.drop(v)
			}
		case goBool, goText, goSeconds, goDuration, goCache:
			g.drop(v)
		case goRisky:
			if on, ok := g.boolOf(v); v.name != "Debug" && (on || !ok) {
				g.project.note("%s is taken out: it would allow more, or keep preflights from being answered.", v.name)
				g.drop(v)
			}
		}
	}
}

// wantsAny reports whether every origin is asked for, which excludes
// credentials.
func (g *goSettingsEdit) wantsAny() bool {
	w := g.project.want
	return slices.Contains(slices.Concat(w.Set["allow_origins"], w.Add["allow_origins"]), "*")
}

// hasOrigins reports whether the target says which origins are allowed.
func (g *goSettingsEdit) hasOrigins() bool {
	return slices.ContainsFunc(g.target.fields, func(f goField) bool { return g.config.lib.settings[f.name].field == "allow_origins" })
}

func (g *goSettingsEdit) boolOf(v goValue) (on, ok bool) {
	if v.expr == nil {
		return true, true
	}
	return v.file.Bool(v.expr)
}

// drop removes what sets a setting: a field of the literal, or a statement.
func (g *goSettingsEdit) drop(v goValue) {
	f := v.file
	kv, ok := v.node.(*ast.KeyValueExpr)
	if !ok {
		if statement, _ := f.Statement(v.node); statement != nil {
			g.add(f, source.Edit{Span: wholeLines(f, f.Span(statement))})
		}
		return
	}
	span := f.Span(kv)
	literal, ok := f.Parent(kv).(*ast.CompositeLit)
	if !ok {
		return
	}
	if lines := wholeLines(f, source.Span{Start: span.Start, End: span.End + len(",")}); lines.Start < span.Start && strings.HasPrefix(f.Text[span.End:], ",") || lines.Start == f.LineStart(span.Start) && lines.End > span.End+1 {
		g.add(f, source.Edit{Span: lines})
		return
	}
	i := slices.Index(literal.Elts, ast.Expr(kv))
	switch {
	case i+1 < len(literal.Elts):
		span.End = f.Span(literal.Elts[i+1]).Start
	case i > 0:
		span.Start = f.Span(literal.Elts[i-1]).End
	}
	g.add(f, source.Edit{Span: span})
}

// wholeLines returns a span with the rest of its lines, if there is nothing else
// in them but a comment after it; else the span.
func wholeLines(f *gocode.File, span source.Span) source.Span {
	span.End = min(span.End, len(f.Text))
	start, end := f.LineStart(span.Start), f.LineEnd(max(span.Start, span.End-1))
	rest := strings.TrimSpace(f.Text[span.End:end])
	if strings.TrimSpace(f.Text[start:span.Start]) != "" || rest != "" && !strings.HasPrefix(rest, "//") {
		return span
	}
	return source.Span{Start: start, End: end}
}

// declare adds the declarations of isAllowed at the end of the file, or changes
// those that are there.
func (g *goSettingsEdit) declare() {
	f := g.config.file
	names := []string{"isAllowed", "allowedOrigins", "allowedPattern"}
	for _, name := range names {
		if !strings.Contains(g.target.decls, name) || !f.Package.DeclaresGlobal(name) {
			continue
		}
		// The names are there already: those that corsac wrote are replaced by
		// removing them here.
		for _, file := range f.Package.Files {
			for _, d := range file.AST.Decls {
				if declaresOne(d, names) {
					g.add(file, source.Edit{Span: wholeLines(file, file.Span(d))})
				}
			}
		}
		break
	}
	g.add(f, source.Insert(len(f.Text), "\n"+g.target.decls+"\n"))
	for _, path := range []string{"regexp", "slices"} {
		if strings.Contains(g.target.decls, path+".") {
			g.imports = append(g.imports, path)
		}
	}
}

// declaresOne reports whether a declaration is of nothing but some of the names.
func declaresOne(d ast.Decl, names []string) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Recv == nil && slices.Contains(names, d.Name.Name)
	case *ast.GenDecl:
		return len(d.Specs) > 0 && !slices.ContainsFunc(d.Specs, func(s ast.Spec) bool {
			v, ok := s.(*ast.ValueSpec)
			return !ok || slices.ContainsFunc(v.Names, func(id *ast.Ident) bool { return !slices.Contains(names, id.Name) })
		})
	}
	return false
}
