package stacks

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// changePlaces moves the middleware of a library to where it covers everything:
// around the handler that is served, or right after the router is made.
func (p *goProject) changePlaces(stack string) error {
	if p.want.Path != "" {
		return nil
	}
	configs := p.configs(stack)
	wrong := slices.ContainsFunc(configs, func(c *goConfig) bool {
		return c.misplaced("method-pattern", "inside-mux", "inside-auth", "inside-recover")
	})
	if wrong {
		return p.moveWrappers(configs)
	}
	for _, c := range configs {
		if c.misplaced("after-auth", "after-routes", "on-group") {
			return p.moveUse(c)
		}
	}
	return nil
}

// misplaced reports whether a call has one of the faults of where it stands.
func (c *goConfig) misplaced(ids ...string) bool {
	r := &goReader{stack: c.lib.stack, rules: goRulesOf(c.lib.stack), site: c.site(), config: c}
	r.placement()
	return slices.ContainsFunc(r.site.Faults, func(f Fault) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return f.Rule.ID == c.lib.stack+"/"+id })
	})
}

// applied returns the call that applies the middleware to a handler, given an
// expression that stands for the middleware: c.Handler(h), c.Wrap(h), or c(h).
func (c *goConfig) applied(e ast.Expr) *ast.CallExpr {
	parent := c.file.Parent(e)
	if sel, ok := parent.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Handler" || sel.Sel.Name == "Wrap" || sel.Sel.Name == "WrapOverride") {
		e, parent = sel, c.file.Parent(sel)
	}
	call, ok := parent.(*ast.CallExpr)
	if !ok || call.Fun != e || len(call.Args) != 1 {
		return nil
	}
	return call
}

// moveWrappers takes the middleware away from single handlers, and from inside
// other middleware, and puts it around what is served.
func (p *goProject) moveWrappers(configs []*goConfig) error {
	serves := pages(goServes(p.packages()))
	first := configs[0]
	byHand := fmt.Errorf("%s does not cover the whole server, and corsac cannot move it: wrap the handler that is served in it", placeOf(first.file, first.call))
	if len(serves) == 0 {
		return byHand
	}
	edits := map[string][]source.Edit{}
	wrapper := ""
	for _, c := range configs {
		for _, use := range c.uses() {
			call := c.applied(use)
			if call == nil {
				continue
			}
			f := c.file
			inner := f.Span(call.Args[0])
			whole := f.Span(call)
			edits[f.Name] = append(edits[f.Name], source.Edit{Span: source.Span{Start: whole.Start, End: inner.Start}}, source.Edit{Span: source.Span{Start: inner.End, End: whole.End}})
			if wrapper == "" {
				wrapper = f.Source(call.Fun)
			}
		}
	}
	if wrapper == "" {
		return byHand
	}
	for _, s := range serves {
		local := first.file.Declaration(first.call)
		inFunction := s.file.Name == first.file.Name && local != nil && s.node.Pos() > local.Pos() && s.node.End() < local.End()
		if s.handler == nil || s.file.Package.Dir != first.file.Package.Dir || local != nil && !inFunction {
			return byHand
		}
		span := s.file.Span(s.handler)
		text := wrapper + "("
		if s.isDefault() {
			edits[s.file.Name] = append(edits[s.file.Name], source.Edit{Span: span, New: text + s.file.Import("net/http") + ".DefaultServeMux)"})
			continue
		}
		edits[s.file.Name] = append(edits[s.file.Name], source.Insert(span.Start, text), source.Insert(span.End, ")"))
	}
	for _, f := range slices.Clone(p.files) {
		if list := edits[f.Name]; len(list) > 0 {
			text, err := source.Apply(f.Text, list)
			if err != nil {
				return byHand
			}
			p.set(f.Name, text)
		}
	}
	p.note("The middleware now wraps the whole server, outside of all other middleware.")
	return nil
}

// moveUse moves r.Use(…), and what makes its configuration, to right after the
// router is made.
func (p *goProject) moveUse(c *goConfig) error {
	f := c.file
	byHand := fmt.Errorf("%s: the middleware stands too late, and corsac cannot move it: use it right after the router is made", placeOf(f, c.call))
	statement, block := c.useStatement()
	call := calledIn(statement)
	if call == nil || calleeName(call) != "Use" {
		return byHand
	}
	receiver := f.Source(call.Fun.(*ast.SelectorExpr).X)
	var engine *goEngine
	for kind := range goMakers {
		for _, e := range goEngines([]*gocode.Package{f.Package}, kind) {
			if e.file == f && f.Declaration(e.statement) == f.Declaration(c.call) && e.statement.Pos() < statement.Pos() && (e.name == receiver || kind == c.lib.stack) {
				engine = &e
			}
		}
	}
	if engine == nil || f.Block(engine.statement) != block {
		return byHand
	}
	moved := c.neededFor(statement, block, engine.statement)
	if !p.movable(f, moved, engine.statement) {
		return byHand
	}
	var edits []source.Edit
	text := ""
	for _, s := range moved {
		span := f.Span(s)
		span.Start = commented(f, span.Start)
		line := span.In(f.File)
		if s == statement {
			line = strings.TrimSuffix(line, f.Source(s)) + engine.name + strings.TrimPrefix(f.Source(s), receiver)
		}
		text += "\n" + f.Indent(f.Span(engine.statement).Start) + line
		edits = append(edits, source.Edit{Span: wholeLines(f, span)})
	}
	edits = append(edits, source.Insert(f.Span(engine.statement).End, text))
	p.note("The middleware now runs first, right after the router is made.")
	return p.edit(f, edits...)
}

// useStatement returns the statement r.Use(…) that a middleware is used in, and
// its block; or the statement that makes the middleware.
func (c *goConfig) useStatement() (ast.Stmt, ast.Node) {
	for _, use := range c.uses() {
		if used, ok := c.usedBy(use); ok {
			return c.file.Statement(used)
		}
	}
	return c.file.Statement(c.call)
}

// neededFor returns the statements of a block after another that use, make and
// configure a middleware, in their order.
func (c *goConfig) neededFor(statement ast.Stmt, block ast.Node, after ast.Stmt) (list []ast.Stmt) {
	f := c.file
	made, _ := f.Statement(c.call)
	config := ""
	if len(c.call.Args) > 0 {
		if id, ok := ast.Unparen(c.call.Args[0]).(*ast.Ident); ok && f.Declaration(id) != nil {
			config = id.Name
		}
	}
	for _, s := range statementsOf(block) {
		if s.Pos() > after.Pos() && (s == statement || s == made || config != "" && len(f.Uses(s, config)) > 0) {
			list = append(list, s)
		}
	}
	return list
}

// commented returns where the lines of comments begin that stand right above the
// line of an offset; the offset if there are none.
func commented(f *gocode.File, at int) int {
	for start := f.LineStart(at); start > 0; {
		start = f.LineStart(start - 1)
		line := strings.TrimLeft(f.Text[start:f.LineEnd(start)], " \t")
		if !strings.HasPrefix(line, "//") {
			break
		}
		at = f.LineEnd(start) - len(line)
	}
	return at
}

// movable reports whether statements use no name that is made between another
// statement and them.
func (p *goProject) movable(f *gocode.File, moved []ast.Stmt, after ast.Stmt) bool {
	for _, s := range moved {
		ok := true
		ast.Inspect(s, func(n ast.Node) bool {
			id, isName := n.(*ast.Ident)
			if !isName || !ok {
				return ok
			}
			_, node := f.Definition(id)
			define, isDefine := node.(*ast.AssignStmt)
			if isDefine && define.Tok == token.DEFINE && define.Pos() > after.Pos() && f.Declaration(define) == f.Declaration(s) &&
				!slices.Contains(moved, ast.Stmt(define)) && !within(define, s) && !isReceiver(f, id) {
				ok = false
			}
			return ok
		})
		if !ok {
			return false
		}
	}
	return true
}

// isReceiver reports whether a name is that of the group on which Use is called.
func isReceiver(f *gocode.File, id *ast.Ident) bool {
	sel, ok := f.Parent(id).(*ast.SelectorExpr)
	return ok && sel.X == ast.Expr(id) && sel.Sel.Name == "Use"
}

// within reports whether a node is inside of another.
func within(n, outer ast.Node) bool { return n.Pos() >= outer.Pos() && n.End() <= outer.End() }
