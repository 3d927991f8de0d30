package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// asgiPlace is where CORS is put around an application, and what else is put
// there.
type asgiPlace struct {
	file *pyFile
	// owner is the variable of the application, such as app.
	owner string
	at    *python.Stmt // that of the CORSMiddleware, or of the application

	errors bool // a ServerErrorMiddleware inside is missing
	vary   bool // no layer sends Vary: Origin always
	// key is what the application's own handler of all exceptions is registered
	// for, Exception or 500; "" if it has none.
	key string
	// handler is that handler, if the application gets it in a dict.
	handler string
	// debug says that the application is made with an option debug.
	debug bool
	// elsewhere says that other files add middleware, or that handler, to the
	// application when they are imported: in an order that is not known. passed
	// says that functions of other files do so.
	elsewhere, passed bool
}

// findPlace returns what is missing around the application.
func (c *asgiChange) findPlace(owner string, policy *cors.Policy) *asgiPlace {
	p := &asgiPlace{owner: owner}
	if c.cors != nil {
		p.file, p.at = c.cors.file, c.cors.stmt
	} else {
		p.file, p.at = c.target.file, c.target.stmt
	}
	around := c.around(p)
	p.vary = !slices.Contains(policy.AllowOrigins, "*") && !slices.ContainsFunc(around, c.project.varying)
	if c.cors != nil && c.cors.shape == asgiWrapped {
		return p
	}
	p.errors = !slices.Contains(around, "ServerErrorMiddleware")
	p.debug = c.target != nil && c.target.call.Arg("debug") != nil
	if c.target != nil {
		p.readHandlers(c.target.call.Arg("exception_handlers"))
	}
	for _, f := range slices.Concat(c.project.files, c.project.others) {
		f.eachStmt(func(s *python.Stmt) { c.readElsewhere(p, f, s) })
	}
	return p
}

// eachStmt calls fn for each statement of the file.
func (f *pyFile) eachStmt(fn func(*python.Stmt)) {
	python.Walk(f.Body, func(s *python.Stmt) bool { fn(s); return true })
}

// readHandlers finds the handler of all exceptions in a dict.
func (p *asgiPlace) readHandlers(e *python.Expr) {
	if e == nil {
		return
	}
	d := p.file.Follow(e, p.at)
	for i, k := range d.Keys {
		if key := handlerKey(k); key != "" {
			p.key, p.handler = key, d.Items[i].Name
		}
	}
}

// handlerKey returns Exception or 500 if an expression stands for all
// exceptions.
func handlerKey(e *python.Expr) string {
	switch {
	case e == nil:
	case e.Kind == python.Var && e.Name == "Exception":
		return "Exception"
	case e.Kind == python.Int && e.Number == 500, e.Kind == python.Var && strings.HasSuffix(e.Name, "HTTP_500_INTERNAL_SERVER_ERROR"):
		return "500"
	}
	return ""
}

// registers returns the variable of the application for which a statement
// registers a handler of all exceptions, and for what; "" if it does not.
func registers(s *python.Stmt) (owner, key string) {
	for _, list := range [][]*python.Expr{s.Decorators, s.Exprs} {
		for _, e := range list {
			name := e.Callee()
			before, method := "", lastPart(name)
			if len(name) > len(method) {
				before = name[:len(name)-len(method)-1]
			}
			if before != "" && (method == "exception_handler" || method == "add_exception_handler") {
				if key := handlerKey(argument(e, 0, "exc_class_or_status_code")); key != "" {
					return before, key
				}
			}
		}
	}
	return "", ""
}

// adder returns the variable of the application to which a statement adds a
// middleware that matters, or "".
func adder(s *python.Stmt) string {
	for _, list := range [][]*python.Expr{s.Decorators, s.Exprs} {
		for _, e := range list {
			for _, method := range []string{".middleware", ".add_middleware"} {
				if owner, ok := strings.CutSuffix(e.Callee(), method); ok {
					return owner
				}
			}
		}
	}
	return ""
}

// readElsewhere looks at a statement of the project that may add something to
// the application.
func (c *asgiChange) readElsewhere(p *asgiPlace, f *pyFile, s *python.Stmt) {
	owner, key := registers(s)
	if key == "" {
		owner = adder(s)
	}
	switch {
	case owner == "":
	case f == p.file && owner == p.owner && s.Function() == p.at.Function():
		if key != "" {
			p.key = key
		}
	case s.Function() == nil && c.target != nil && c.project.app(f, s, owner) == c.target:
		p.elsewhere = true
	case s.Function() != nil && s.Function().Name != "__init__":
		p.passed = true
		if key != "" {
			p.key = key
		}
	}
}

// around returns the names of the middlewares around the application, as far as
// they are in the same block or list.
func (c *asgiChange) around(p *asgiPlace) []string { return middlewares(p.file, p.owner, p.at, c.cors) }

func middlewares(f *pyFile, owner string, at *python.Stmt, x *asgiCORS) (list []string) {
	for _, s := range f.block(at) {
		if class, yes := addsMiddleware(s, owner); yes {
			list = append(list, lastPart(class))
		}
		if x != nil && x.shape == asgiWrapped {
			s.WalkExprs(func(e *python.Expr) { list = append(list, lastPart(e.Callee())) })
		}
	}
	if x != nil && x.app != nil && x.shape == asgiListed {
		for _, item := range x.app.middleware().Items {
			if class := argument(item, 0, "cls"); class != nil {
				list = append(list, lastPart(class.Name))
			}
		}
	}
	return list
}

// varying reports whether a class or function of the project with a name, or a
// base of the class, sends a header Vary.
func (p *asgi) varying(name string) (yes bool) {
	if known, ok := p.varies[name]; ok {
		return known
	}
	p.varies[name] = false // while its bases are looked at
	for _, f := range p.files {
		f.eachStmt(func(s *python.Stmt) {
			if (s.Keyword != "class" && s.Keyword != "def") || s.Name != name {
				return
			}
			body := strings.ToLower(s.In(f.File))
			yes = yes || strings.Contains(body, "add_vary_header") || strings.Contains(body, `"vary"`) || strings.Contains(body, `'vary'`)
			if s.Keyword == "class" && len(s.Exprs) > 0 {
				s.Exprs[0].Walk(func(e *python.Expr) { yes = yes || e.Kind == python.Var && p.varying(lastPart(e.Name)) })
			}
		})
	}
	p.varies[name] = yes
	return yes
}

// barrier returns the last statement after another one in its block that adds a
// middleware to the application, or its handler of all exceptions; if functions of
// other files may do so, also one that passes it the application. With all, also
// the middlewares that do no harm outside of CORS.
func (p *asgiPlace) barrier(after *python.Stmt, all bool) (last *python.Stmt) {
	begun := false
	for _, s := range p.file.block(after) {
		if s == after {
			begun = true
			continue
		}
		if begun && !isMain(s) && p.isBarrier(s, all) {
			last = s
		}
	}
	return last
}

func (p *asgiPlace) isBarrier(s *python.Stmt, all bool) (yes bool) {
	check := func(s *python.Stmt) {
		if class, adds := addsMiddleware(s, p.owner); adds && (all || !slices.Contains(harmless, lastPart(class))) {
			yes = true
		}
		if owner, _ := registers(s); owner == p.owner && p.errors {
			yes = true
		}
		if p.passed {
			s.WalkExprs(func(e *python.Expr) { yes = yes || passes(e, p.owner) })
		}
	}
	check(s)
	if s.Keyword != "def" && s.Keyword != "class" {
		python.Walk(s.Body, func(s *python.Stmt) bool {
			check(s)
			return s.Keyword != "def" && s.Keyword != "class"
		})
	}
	return yes
}

// passes reports whether a call gets the application as an argument, except one
// that runs or wraps it.
func passes(e *python.Expr, owner string) bool {
	if e.Kind != python.Call || slices.Contains([]string{"run", "TestClient", "Mangum", "mount", "Mount", "Server", "Config"}, lastPart(e.Callee())) {
		return false
	}
	return slices.ContainsFunc(e.Args, func(a python.Arg) bool { return a.Value.Kind == python.Var && a.Value.Name == owner })
}

// isMain reports whether a statement is if __name__ == "__main__".
func isMain(s *python.Stmt) (yes bool) {
	if s.Keyword == "if" {
		s.WalkExprs(func(e *python.Expr) { yes = yes || e.Kind == python.Var && e.Name == "__name__" })
	}
	return yes
}

// serverErrors returns the options of ServerErrorMiddleware, with a comma before
// them: those with which the application's own layer is made.
func (p *asgiPlace) serverErrors() string {
	options := ""
	if p.key != "" {
		options += ", handler=" + p.owner + ".exception_handlers.get(" + p.key + ")"
	}
	if p.debug {
		options += ", debug=" + p.owner + ".debug"
	}
	return options
}

// errorsComment says why there is a second layer that answers exceptions.
const errorsComment = "# Inside of CORS, so that pages can read the 500 of an unhandled error."

// before returns the lines before the CORSMiddleware.
func (p *asgiPlace) before(indent string) string {
	if !p.errors {
		return ""
	}
	return indent + errorsComment + "\n" + indent + p.owner + ".add_middleware(ServerErrorMiddleware" + p.serverErrors() + ")\n"
}

// class returns the name of the class to put around the application.
func (p *asgiPlace) class() string {
	if p.vary {
		return varyClass
	}
	return "CORSMiddleware"
}

// lazily returns the beginning of a statement with which the layers of the
// application are made inside of CORS when it starts, and what stands for them.
func (p *asgiPlace) lazily(class string) (begin, inner string) {
	return p.owner + ".build_middleware_stack = lambda: " + class, "type(" + p.owner + ").build_middleware_stack(" + p.owner + ")"
}

const (
	lazyNote   = "Other files add middleware to the application when they are imported, in an order that the files do not show: CORS is put around all layers when the application starts. It stays a FastAPI or Starlette object."
	errorsNote = "Starlette answers exceptions that nobody handles outside of all middleware: a second ServerErrorMiddleware inside of CORSMiddleware answers them with CORS headers; the exception is still raised, and logged. The application stays a FastAPI or Starlette object, so that tests and other files can use it as before."
	varyNote   = "VaryingCORS sends Vary: Origin always, so that no cache gives a page the answer that was for another one."
)

// place puts the edited CORSMiddleware, and what is missing around it, in place.
func (c *asgiChange) place(edits []source.Edit, policy *cors.Policy) error {
	x := c.cors
	p := c.findPlace(x.owner(), policy)
	var err error
	switch x.shape {
	case asgiWrapped:
		edits = append(edits, c.varyEdits(p)...)
	case asgiListed:
		edits, err = c.placeListed(p, edits)
	case asgiAdded:
		edits, err = c.placeAdded(p, edits)
	}
	if err != nil {
		return err
	}
	c.out.Edit(x.file.File, edits...)
	c.declare(p)
	return nil
}

// owner returns the variable of the application, "" if it is not in one.
func (c *asgiCORS) owner() string {
	owner, ok := strings.CutSuffix(c.call.Callee(), ".add_middleware")
	switch {
	case c.shape == asgiAdded && ok:
		return owner
	case c.shape != asgiAdded && c.app != nil:
		return c.app.name
	}
	return ""
}

// varyEdits puts [varyClass] in the place of CORSMiddleware, if that is needed.
func (c *asgiChange) varyEdits(p *asgiPlace) []source.Edit {
	class := c.cors.class()
	if !p.vary {
		return nil
	}
	if class.Name == belowClass {
		for _, s := range c.cors.file.Body {
			if s.Keyword == "class" && s.Name == belowClass && len(s.Exprs) > 0 && len(s.Exprs[0].Args) == 1 {
				class = s.Exprs[0].Args[0].Value
			}
		}
	}
	return []source.Edit{{Span: class.Span, New: varyClass}}
}

// placeAdded is about app.add_middleware(CORSMiddleware, …).
func (c *asgiChange) placeAdded(p *asgiPlace, edits []source.Edit) ([]source.Edit, error) {
	x, f := c.cors, c.cors.file
	simple := p.owner != "" && len(x.stmt.Exprs) == 1 && x.stmt.Exprs[0] == x.call && x.stmt.Assign == "" && x.stmt.Keyword == ""
	span := source.Span{Start: f.LineStart(x.stmt.Start), End: f.LineEnd(x.stmt.End)}
	blank := strings.TrimSpace(f.Text[span.Start:x.stmt.Start]) == "" && !strings.Contains(f.Text[x.stmt.End:span.End], ";")
	if !simple || !blank {
		c.note("%s: the call is part of something longer; the layers around it were left alone.", finding.Position(f.Place(x.call.Start)))
		p.errors, p.vary = false, false
		return edits, nil
	}
	indent := f.Indent(x.stmt.Start)
	if p.elsewhere {
		class := x.class()
		name := class.In(f.File)
		switch {
		case p.vary && name == belowClass:
			edits = append(edits, c.varyEdits(p)...)
		case p.vary:
			name = varyClass
		}
		begin, inner := p.lazily(name)
		c.note(lazyNote)
		p.errors = false
		return append(edits, source.Edit{Span: x.call.Base.Span, New: begin}, source.Edit{Span: class.Span, New: inner}), nil
	}
	edits = append(edits, c.varyEdits(p)...)
	last := p.barrier(x.stmt, false)
	if last == nil {
		if before := f.lines(p.before(indent)); before != "" {
			edits = append(edits, source.Insert(span.Start, before))
		}
		return edits, nil
	}
	return c.move(p, edits, span, last)
}

// move puts the CORSMiddleware after the last statement that adds another
// middleware.
func (c *asgiChange) move(p *asgiPlace, edits []source.Edit, span source.Span, last *python.Stmt) ([]source.Edit, error) {
	x, f := c.cors, c.cors.file
	var inside, rest []source.Edit
	for _, e := range edits {
		if e.Start >= span.Start && e.End <= span.End {
			inside = append(inside, source.Edit{Span: source.Span{Start: e.Start - span.Start, End: e.End - span.Start}, New: e.New})
		} else {
			rest = append(rest, e)
		}
	}
	text, err := source.Apply(f.Text[span.Start:span.End], inside)
	if err != nil {
		return nil, err
	}
	indent := f.Indent(x.stmt.Start)
	at, first := f.nextLine(last)
	moved := first + f.NewLine() + f.lines(p.before(indent)) + text
	c.note("%s: CORSMiddleware was moved to after the other middlewares: the last one that is added is the outermost.", finding.Position(f.Place(x.call.Start)))
	return append(rest, source.Edit{Span: span}, source.Insert(at, moved)), nil
}

// placeListed is about Middleware(CORSMiddleware, …) in a list.
func (c *asgiChange) placeListed(p *asgiPlace, edits []source.Edit) ([]source.Edit, error) {
	x, f := c.cors, c.cors.file
	at := finding.Position(f.Place(x.call.Start))
	if x.part || x.app == nil {
		c.note("%s: the list is not that of an application; the layers around CORSMiddleware were left alone.", at)
		p.errors, p.vary = false, false
		return edits, nil
	}
	options := p.serverErrors()
	if p.key != "" && p.errors {
		if options = ""; p.handler != "" && f.definedBefore(p.handler, x.stmt) {
			options = ", handler=" + p.handler
		} else {
			p.errors = false
			c.note("%s: the handler of all exceptions answers outside of CORSMiddleware, so that pages cannot read what it says. Give it to a second one, after CORSMiddleware: %s(ServerErrorMiddleware, handler=…).", at, x.call.Callee())
		}
	}
	var after []string
	if p.errors {
		after = []string{x.call.Callee() + "(ServerErrorMiddleware" + options + ")"}
	}
	edits = append(edits, c.varyEdits(p)...)
	if outer := x.outside(); len(outer) > 0 {
		c.note("%s: CORSMiddleware was moved to before the other middlewares: the first one of the list is the outermost.", at)
		return c.moveListed(edits, after, outer[0].Span)
	}
	return append(edits, f.after(x.call.Span, after)...), nil
}

// definedBefore reports whether the module defines a function before a statement.
func (f *pyFile) definedBefore(name string, at *python.Stmt) bool {
	return slices.ContainsFunc(f.Body, func(s *python.Stmt) bool { return s.Keyword == "def" && s.Name == name && s.End < at.Start })
}

// moveListed puts the CORSMiddleware, with elements after it, before the first of
// the others in its list.
func (c *asgiChange) moveListed(edits []source.Edit, after []string, first source.Span) ([]source.Edit, error) {
	x, f := c.cors, c.cors.file
	spans, at := []source.Span(nil), 0
	for i, item := range x.app.middleware().Items {
		spans = append(spans, item.Span)
		if item == x.call {
			at = i
		}
	}
	var inside, rest []source.Edit
	for _, e := range edits {
		if e.Start >= x.call.Start && e.End <= x.call.End {
			inside = append(inside, source.Edit{Span: source.Span{Start: e.Start - x.call.Start, End: e.End - x.call.Start}, New: e.New})
		} else {
			rest = append(rest, e)
		}
	}
	text, err := source.Apply(x.call.In(f.File), inside)
	if err != nil {
		return nil, err
	}
	sep := ", "
	if f.alone(first) {
		sep = "," + f.NewLine() + f.Indent(first.Start)
	}
	elements := append([]string{text}, after...)
	return append(append(rest, f.remove(spans, at)...), source.Insert(first.Start, strings.Join(elements, sep)+sep)), nil
}
