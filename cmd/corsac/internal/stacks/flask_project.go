package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// flaskProject is what a project with Flask says about CORS.
type flaskProject struct {
	files, broken []*pyFile
	cors          []*flaskCORS
	own           []*ownHeaders
	// config are the options in app.config and in classes of settings.
	config []flaskOption
	// varies says that a function sends Vary: Origin with every answer.
	varies bool
	// auth are functions that refuse preflights.
	auth []Fault
	// pin is the version of Flask-CORS that the project wants.
	pin *pyPin

	found map[string]bool // faults by rule and place
}

// flaskCORS is a call that gives an application, a blueprint or a route its CORS
// headers.
type flaskCORS struct {
	file *pyFile
	stmt *python.Stmt
	call *python.Expr
	// constructor is CORS(…), if the call is of its method init_app; nil for
	// others.
	constructor *flaskCORS
	// route says that it is @cross_origin.
	route bool
	// name is the variable of a CORS() that waits for its init_app.
	name string
}

// flaskOption is an option of Flask-CORS.
type flaskOption struct {
	pyOption

	file *pyFile
	at   *python.Stmt
	// class says that it is an attribute of a class of settings.
	class bool
}

// The names of what matters, by their places.
var (
	flaskCORSNames  = []string{"flask_cors.CORS", "flask_cors.extension.CORS", "flask.ext.cors.CORS"}
	flaskRouteNames = []string{"flask_cors.cross_origin", "flask_cors.decorator.cross_origin", "flask.ext.cors.cross_origin"}
)

// readFlask finds what a project says about CORS.
func readFlask(t *source.Tree) *flaskProject {
	p := &flaskProject{found: map[string]bool{}, pin: pyPinOf(t, "flask-cors")}
	classes := []flaskOption(nil)
	for _, f := range pyFiles(t, false, "flask", "CORS_") {
		isFlask := slices.ContainsFunc(importsOf(f), func(s string) bool { return strings.HasPrefix(s, "flask") })
		switch {
		case f.Broken:
			if strings.Contains(f.Text, "flask") {
				p.broken = append(p.broken, f)
			}
		case !isFlask:
			classes = append(classes, f.flaskClasses()...)
		default:
			classes = append(classes, f.flaskClasses()...)
			p.files = append(p.files, f)
			p.read(f)
		}
	}
	if slices.ContainsFunc(p.files, func(f *pyFile) bool { return strings.Contains(f.Text, "config.from_object") }) {
		p.config = append(p.config, classes...)
	}
	p.pair()
	return p
}

// read finds what a file says.
func (p *flaskProject) read(f *pyFile) {
	python.Walk(f.Body, func(s *python.Stmt) bool {
		p.config = append(p.config, f.flaskConfig(s)...)
		p.readBefore(f, s)
		if s.Keyword == "def" && f.runsAfter(s) {
			text := strings.ToLower(s.In(f.File))
			p.varies = p.varies || strings.Contains(text, "vary") && strings.Contains(text, "origin")
		}
		for _, d := range s.Decorators {
			if slices.Contains(flaskRouteNames, f.callee(d)) {
				p.cors = append(p.cors, &flaskCORS{file: f, stmt: s, call: d, route: true})
			}
		}
		s.WalkExprs(func(e *python.Expr) {
			switch {
			case slices.Contains(flaskCORSNames, f.callee(e)):
				c := &flaskCORS{file: f, stmt: s, call: e}
				if c.target() == nil && len(s.Targets) == 1 {
					c.name = s.Targets[0].Name
				}
				p.cors = append(p.cors, c)
			case lastPart(e.Callee()) == "init_app" && e.Base.Kind == python.Var:
				p.cors = append(p.cors, &flaskCORS{file: f, stmt: s, call: e, name: strings.TrimSuffix(e.Callee(), ".init_app")})
			}
		})
		return true
	})
	p.own = append(p.own, readOwn(f)...)
}

// target returns what gets the headers; nil if init_app says so later.
func (c *flaskCORS) target() *python.Expr { return argument(c.call, 0, "app") }

// pair finds the constructor of each init_app, and leaves out those of other
// extensions.
func (p *flaskProject) pair() {
	var list []*flaskCORS
	for _, c := range p.cors {
		if lastPart(c.call.Callee()) != "init_app" {
			list = append(list, c)
			continue
		}
		full := c.file.Resolve(c.name)
		for _, other := range p.cors {
			if other.name == "" || other.target() != nil || lastPart(other.call.Callee()) == "init_app" {
				continue
			}
			if other.file == c.file && other.name == c.name || full != c.name && strings.HasSuffix(full, moduleOf(other.file.Name)+"."+other.name) {
				c.constructor = other
				list = append(list, c)
				break
			}
		}
	}
	p.cors = list
}

// waits reports whether a CORS() has no application, but an init_app that gives it
// one.
func (p *flaskProject) waits(c *flaskCORS) bool {
	return slices.ContainsFunc(p.cors, func(o *flaskCORS) bool { return o.constructor == c })
}

// runsAfter reports whether a function changes every answer of an application or a
// blueprint.
func (f *pyFile) runsAfter(function *python.Stmt) bool {
	if function == nil {
		return false
	}
	return slices.ContainsFunc(function.Decorators, func(d *python.Expr) bool {
		return slices.Contains([]string{"after_request", "after_app_request"}, lastPart(d.Name))
	})
}

// flaskConfig returns the options that a statement puts into app.config.
func (f *pyFile) flaskConfig(s *python.Stmt) (list []flaskOption) {
	add := func(name string, value *python.Expr, span source.Span) {
		if option, ok := strings.CutPrefix(name, "CORS_"); ok && value != nil {
			option = strings.ToLower(option)
			list = append(list, flaskOption{pyOption: pyOption{name: option, value: value, arg: &python.Arg{Span: span}}, file: f, at: s})
		}
	}
	for _, t := range s.Targets {
		if t.Kind == python.Subscript && lastPart(t.Base.Name) == "config" && len(t.Items) == 1 && s.Assign == "=" {
			add(t.Items[0].Text, s.Value(), s.Span)
		}
	}
	for _, e := range s.Exprs {
		if name := e.Callee(); strings.HasSuffix(name, "config.update") || strings.HasSuffix(name, "config.from_mapping") {
			r := pyReader{file: f, at: s}
			for _, o := range r.options(e.Args, nil) {
				add(o.name, o.value, o.value.Span)
			}
		}
	}
	return list
}

// flaskClasses returns the options that are attributes of classes, which
// app.config.from_object reads.
func (f *pyFile) flaskClasses() (list []flaskOption) {
	python.Walk(f.Body, func(s *python.Stmt) bool {
		if s.Parent == nil || s.Parent.Keyword != "class" || len(s.Targets) != 1 || s.Value() == nil {
			return s.Keyword == "class"
		}
		if option, ok := strings.CutPrefix(s.Targets[0].Name, "CORS_"); ok && slices.Contains(flaskOptions, strings.ToLower(option)) {
			list = append(list, flaskOption{pyOption: pyOption{name: strings.ToLower(option), value: s.Value(), arg: &python.Arg{Span: s.Span}}, file: f, at: s, class: true})
		}
		return true
	})
	return list
}

// flaskOptions are those that Flask-CORS knows.
var flaskOptions = []string{
	"origins", "methods", "allow_headers", "expose_headers", "supports_credentials", "max_age", "send_wildcard", "automatic_options",
	"vary_header", "resources", "intercept_exceptions", "always_send", "allow_private_network",
}
