package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// ownHeaders are the CORS headers that a function of a project, or its module,
// sets by itself.
type ownHeaders struct {
	file *pyFile
	// function is nil for the module.
	function *python.Stmt
	headers  []ownHeader
	// compared is what the function compares the origin of the request with.
	compared []comparison
}

// ownHeader is one header that is set.
type ownHeader struct {
	name  string
	value *python.Expr
	stmt  *python.Stmt
	// whole is the statement, if it does nothing else; dict is the dict that has
	// the header otherwise, if one does, and index its element.
	whole bool
	dict  *python.Expr
	index int
	span  source.Span
}

// readOwn finds the headers that a file sets by itself.
func readOwn(f *pyFile) (list []*ownHeaders) {
	add := func(h ownHeader) {
		function := h.stmt.Function()
		i := slices.IndexFunc(list, func(o *ownHeaders) bool { return o.function == function })
		if i < 0 {
			i = len(list)
			list = append(list, &ownHeaders{file: f, function: function, compared: f.comparisons(function)})
		}
		list[i].headers = append(list[i].headers, h)
	}
	python.Walk(f.Body, func(s *python.Stmt) bool {
		for _, target := range s.Targets {
			if target.Kind != python.Subscript || len(target.Items) != 1 || s.Assign != "=" {
				continue
			}
			if name, ok := corsHeader(target.Items[0]); ok && s.Value() != nil {
				add(ownHeader{name: name, value: s.Value(), stmt: s, whole: len(s.Targets) == 1, span: s.Span})
			}
		}
		s.WalkExprs(func(e *python.Expr) {
			for _, h := range headersIn(s, e) {
				add(h)
			}
		})
		return true
	})
	return list
}

// headersIn returns the headers that a dict has, or that a call sets.
func headersIn(s *python.Stmt, e *python.Expr) (list []ownHeader) {
	if e.Kind == python.Dict {
		for i, key := range e.Keys {
			if name, ok := corsHeader(key); ok {
				list = append(list, ownHeader{name: name, value: e.Items[i], stmt: s, dict: e, index: i, span: source.Span{Start: key.Start, End: e.Items[i].End}})
			}
		}
	}
	if e.Kind == python.Call && len(e.Args) == 2 && slices.Contains([]string{"append", "setdefault", "add", "__setitem__"}, lastPart(e.Callee())) {
		if name, ok := corsHeader(e.Args[0].Value); ok {
			whole := len(s.Exprs) == 1 && s.Exprs[0] == e && s.Assign == "" && s.Keyword == ""
			list = append(list, ownHeader{name: name, value: e.Args[1].Value, stmt: s, whole: whole, span: e.Span})
		}
	}
	return list
}

// lastPart returns what is after the last dot.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// corsHeader returns the name of a CORS header that a string is, in its usual
// spelling.
func corsHeader(e *python.Expr) (string, bool) {
	if e == nil || e.Kind != python.String {
		return "", false
	}
	i := slices.IndexFunc(corsHeaders, func(h string) bool { return strings.EqualFold(h, e.Text) })
	if i < 0 {
		return "", false
	}
	return corsHeaders[i], true
}

// routeMethods are the methods of applications and routers that make a route.
var routeMethods = []string{"get", "post", "put", "delete", "patch", "head", "options", "trace", "route", "api_route"}

// route returns the method of the decorator that makes a function a route, such
// as get, and its path; middleware is that of an HTTP middleware.
func route(function *python.Stmt) (method, path string) {
	if function == nil {
		return "", ""
	}
	for _, d := range function.Decorators {
		method := lastPart(d.Callee())
		if method == "middleware" {
			return method, ""
		}
		if slices.Contains(routeMethods, method) {
			if p := argument(d, 0, "path"); p != nil && p.Kind == python.String {
				path, _, _ = strings.Cut(strings.ReplaceAll(p.Text, "<", "{"), "{")
			}
			return method, path
		}
	}
	return "", ""
}

// site returns the place that the headers are.
func (o *ownHeaders) site() *Site {
	s := &Site{Title: "headers that the module sets", File: o.file.File, Span: o.headers[0].span}
	_, s.Path = route(o.function)
	if o.function != nil {
		s.Title, s.Span = "headers that "+o.function.Name+" sets", o.function.Span
	}
	r := pyReader{file: o.file}
	repeats := false
	for _, h := range o.headers {
		r.at = h.stmt
		switch {
		case h.name != "Access-Control-Allow-Origin" || !o.file.isOrigin(o.file.Follow(h.value, h.stmt)):
			r.header(h)
		case o.reflects(h):
			r.remark(Lost, "allow_origins", "Every origin is repeated, whichever asks.", h.value)
		case len(o.compared) == 0:
			r.remark(Dynamic, "allow_origins", "The program decides which origins it sends.", h.value)
		default:
			repeats = true
		}
	}
	if repeats {
		r.readCompared(o.compared)
	}
	r.finish(s)
	return s
}

// header reads one header.
func (r *pyReader) header(h ownHeader) {
	field := headerFields[h.name]
	value := r.file.Follow(h.value, r.at)
	if value.Kind != python.String {
		r.remark(Dynamic, field, "The values of "+h.name+" "+r.why(value), h.value)
		return
	}
	switch field {
	case "allow_origins":
		r.origin(value.Text, h.value)
	case "allow_credentials":
		if value.Text == "true" {
			r.entry(field, "true", h.value)
		}
	case "max_age":
		seconds := python.Parse(value.Text)
		if len(seconds.Body) == 1 && len(seconds.Body[0].Exprs) == 1 && seconds.Body[0].Exprs[0].Kind == python.Int {
			seconds.Body[0].Exprs[0].Span = h.value.Span
			r.seconds(seconds.Body[0].Exprs[0])
		}
	default:
		for name := range strings.SplitSeq(value.Text, ",") {
			r.name(field, strings.TrimSpace(name), h.value)
		}
	}
}

// headerFields are the settings that the headers stand for.
var headerFields = map[string]string{
	"Access-Control-Allow-Origin": "allow_origins", "Access-Control-Allow-Methods": "allow_methods",
	"Access-Control-Allow-Headers": "allow_headers", "Access-Control-Expose-Headers": "expose_headers",
	"Access-Control-Allow-Credentials": "allow_credentials", "Access-Control-Max-Age": "max_age",
}
