package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// asgi is a project with FastAPI or Starlette.
type asgi struct {
	files []*pyFile
	// others are files that import neither, but may add middleware or start it.
	others []*pyFile
	// broken are files that do not parse.
	broken []*pyFile
	apps   []*asgiApp
	cors   []*asgiCORS
	own    []*ownHeaders

	varies map[string]bool // what varying has found
}

// asgiApp is an application: FastAPI(…) or Starlette(…) in a variable.
type asgiApp struct {
	file *pyFile
	stmt *python.Stmt
	call *python.Expr
	name string // the variable, such as app or self.app
	// prefix is where another application of the file mounts it; "" if none does.
	prefix string
}

// asgiShape is how a CORSMiddleware is put around an application.
type asgiShape uint8

const (
	asgiAdded   asgiShape = iota // app.add_middleware(CORSMiddleware, …)
	asgiListed                   // Middleware(CORSMiddleware, …)
	asgiWrapped                  // app = CORSMiddleware(app, …)
)

// asgiCORS is a CORSMiddleware.
type asgiCORS struct {
	file  *pyFile
	stmt  *python.Stmt
	call  *python.Expr
	shape asgiShape
	app   *asgiApp // nil if it is not known
	// args are the arguments that are options.
	args []python.Arg
	// path is the prefix of a CORSBelow, as [fastapiBelow] writes it, or of the
	// application.
	path string
	// part says that it is in a list of a route or mount.
	part bool
}

// Names of what matters, by their places.
var (
	asgiAppNames = []string{"fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette"}
	corsNames    = []string{"fastapi.middleware.cors.CORSMiddleware", "starlette.middleware.cors.CORSMiddleware"}
	itemNames    = []string{"starlette.middleware.Middleware", "fastapi.middleware.Middleware"}
)

// readASGI finds what a project says about CORS.
func readASGI(t *source.Tree) *asgi {
	p := &asgi{varies: map[string]bool{}}
	for _, f := range pyFiles(t, false, "fastapi", "starlette", "middleware(", "exception_handler(", "uvicorn.run(") {
		if f.Broken {
			if strings.Contains(f.Text, "fastapi") || strings.Contains(f.Text, "starlette") {
				p.broken = append(p.broken, f)
			}
			continue
		}
		if !slices.ContainsFunc(importsOf(f), func(s string) bool {
			return strings.HasPrefix(s, "fastapi") || strings.HasPrefix(s, "starlette")
		}) {
			p.others = append(p.others, f)
			continue
		}
		p.files = append(p.files, f)
		p.readApps(f)
	}
	for _, f := range p.files {
		p.readMounts(f)
	}
	for _, f := range p.files {
		f.eachExpr(func(s *python.Stmt, e *python.Expr) { p.readCORS(f, s, e) })
		p.own = append(p.own, readOwn(f)...)
	}
	return p
}

func importsOf(f *pyFile) (list []string) {
	for _, full := range f.Imports {
		list = append(list, full)
	}
	slices.Sort(list)
	return list
}

// readApps finds the applications of a file, also those of a class of its own.
func (p *asgi) readApps(f *pyFile) {
	var classes []string
	python.Walk(f.Body, func(s *python.Stmt) bool {
		if s.Keyword == "class" && len(s.Exprs) > 0 {
			s.Exprs[0].Walk(func(e *python.Expr) {
				if slices.Contains(asgiAppNames, f.Resolve(e.Name)) {
					classes = append(classes, s.Name)
				}
			})
		}
		if v := s.Value(); v != nil && (slices.Contains(asgiAppNames, f.callee(v)) || slices.Contains(classes, f.callee(v))) {
			if target := s.Targets[len(s.Targets)-1]; target.Kind == python.Var {
				p.apps = append(p.apps, &asgiApp{file: f, stmt: s, call: v, name: target.Name})
			}
		}
		return true
	})
}

// readMounts notes which applications are mounted in others: app.mount("/x", sub)
// and Mount("/x", app=sub).
func (p *asgi) readMounts(f *pyFile) {
	f.eachExpr(func(s *python.Stmt, e *python.Expr) {
		if !strings.HasSuffix(e.Callee(), ".mount") && f.callee(e) != "starlette.routing.Mount" {
			return
		}
		prefix, sub := argument(e, 0, "path"), argument(e, 1, "app")
		if prefix == nil || prefix.Kind != python.String || sub == nil || sub.Kind != python.Var {
			return
		}
		if app := p.app(f, s, sub.Name); app != nil {
			app.prefix = strings.TrimSuffix(prefix.Text, "/") + "/"
		}
	})
}

// argument returns the argument of a position or keyword, or nil.
func argument(e *python.Expr, position int, name string) *python.Expr {
	if a := e.Arg(name); a != nil {
		return a
	}
	if position < len(e.Args) && e.Args[position].Name == "" && e.Args[position].Star == "" {
		return e.Args[position].Value
	}
	return nil
}

// app returns the application of a name in a statement: that of the same
// function, of the file, or of another file that it is imported from.
func (p *asgi) app(f *pyFile, at *python.Stmt, name string) (found *asgiApp) {
	full := f.Resolve(name)
	for _, a := range p.apps {
		switch {
		case a.file == f && a.name == name && a.stmt.Function() == at.Function():
			return a
		case a.file == f && a.name == name && (a.stmt.Function() == nil || strings.HasPrefix(name, "self.")):
			found = a
		case found == nil && full != name && a.stmt.Function() == nil && strings.HasSuffix(full, moduleOf(a.file.Name)+"."+a.name):
			found = a
		}
	}
	return found
}

// moduleOf returns the last part of the name of a file's module.
func moduleOf(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".py"), "/__init__")
	return name[strings.LastIndexByte(name, '/')+1:]
}

// readCORS finds one CORSMiddleware.
func (p *asgi) readCORS(f *pyFile, s *python.Stmt, e *python.Expr) {
	if e.Kind != python.Call {
		return
	}
	name := f.callee(e)
	switch {
	case f.namesCORS(name) || lastPart(name) == varyClass:
		c := &asgiCORS{file: f, stmt: s, call: e, shape: asgiWrapped, args: e.Args}
		if inner := argument(e, 0, "app"); inner != nil {
			c.args = without(e.Args, inner)
			inner.Walk(func(x *python.Expr) {
				if a := p.app(f, s, x.Name); x.Kind == python.Var && a != nil {
					c.app = a
				}
			})
		}
		p.cors = append(p.cors, c)
	case slices.Contains(itemNames, name) && f.isCORS(e):
		p.cors = append(p.cors, p.listed(f, s, e))
	case lastPart(e.Callee()) == "add_middleware" && (e.Base.Kind == python.Attribute || e.Callee() != "add_middleware") && f.isCORS(e):
		c := &asgiCORS{file: f, stmt: s, call: e, args: without(e.Args, argument(e, 0, "middleware_class"))}
		if owner, ok := strings.CutSuffix(e.Callee(), ".add_middleware"); ok {
			c.app = p.app(f, s, owner)
		}
		c.readPath()
		p.cors = append(p.cors, c)
	}
	if n := len(p.cors); n > 0 && p.cors[n-1].call == e {
		if c := p.cors[n-1]; c.app != nil && c.path == "" {
			c.path = c.app.prefix
		}
	}
}

// isCORS reports whether the first argument of a call is CORSMiddleware, or a
// class that corsac derives from it.
func (f *pyFile) isCORS(e *python.Expr) bool {
	class := middlewareClass(e)
	return class != nil && class.Kind == python.Var && (f.namesCORS(f.Resolve(class.Name)) || class.Name == belowClass || class.Name == varyClass)
}

// middlewareClass returns the class that app.add_middleware(…) or Middleware(…)
// gets, or nil.
func middlewareClass(e *python.Expr) *python.Expr {
	if class := argument(e, 0, "middleware_class"); class != nil {
		return class
	}
	return e.Arg("cls")
}

// class returns the expression for the class.
func (c *asgiCORS) class() *python.Expr {
	if c.shape == asgiWrapped {
		return c.call.Base
	}
	return middlewareClass(c.call)
}

// namesCORS reports whether a full name is that of Starlette's CORSMiddleware, also
// one that a module of the project passes on.
func (f *pyFile) namesCORS(full string) bool {
	return slices.Contains(corsNames, full) || lastPart(full) == "CORSMiddleware" && !f.defines("CORSMiddleware")
}

// defines reports whether the module has a class of a name.
func (f *pyFile) defines(name string) bool {
	return slices.ContainsFunc(f.Body, func(s *python.Stmt) bool { return s.Keyword == "class" && s.Name == name })
}

// without returns arguments without that of a value.
func without(args []python.Arg, value *python.Expr) (rest []python.Arg) {
	for _, a := range args {
		if a.Value != value {
			rest = append(rest, a)
		}
	}
	return rest
}

// readPath takes the prefix of a CORSBelow out of the options.
func (c *asgiCORS) readPath() {
	if prefix := c.call.Arg("prefix"); prefix != nil && prefix.Kind == python.String {
		c.path = prefix.Text
		c.args = without(c.args, prefix)
	}
}

// listed returns the CORSMiddleware of a Middleware(…), with the application whose
// list has it.
func (p *asgi) listed(f *pyFile, s *python.Stmt, e *python.Expr) *asgiCORS {
	c := &asgiCORS{file: f, stmt: s, call: e, shape: asgiListed, args: without(without(e.Args, argument(e, 0, "")), e.Arg("cls"))}
	c.readPath()
	for _, a := range p.apps {
		if list := a.middleware(); a.file == f && list != nil && slices.Contains(list.Items, e) {
			c.app = a
		}
	}
	c.part = c.app == nil
	return c
}

// middleware returns the list of an application's argument middleware, or nil.
func (a *asgiApp) middleware() *python.Expr {
	list := a.call.Arg("middleware")
	if list == nil {
		return nil
	}
	if list = a.file.Follow(list, a.stmt); list.Kind == python.List || list.Kind == python.Tuple {
		return list
	}
	return nil
}

// addsMiddleware reports whether a statement puts a middleware around the
// application of a variable, and returns the name of its class or function.
func addsMiddleware(s *python.Stmt, owner string) (class string, yes bool) {
	for _, d := range s.Decorators {
		if d.Callee() == owner+".middleware" {
			return s.Name, true
		}
	}
	for _, e := range s.Exprs {
		if e.Callee() == owner+".add_middleware" {
			if c := argument(e, 0, "middleware_class"); c != nil && c.Kind == python.Var {
				return c.Name, true
			}
			return "", true
		}
	}
	return "", false
}

// block returns the statements among which one is.
func (f *pyFile) block(s *python.Stmt) []*python.Stmt {
	if s.Parent == nil {
		return f.Body
	}
	return s.Parent.Body
}
