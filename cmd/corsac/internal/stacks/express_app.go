package stacks

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// expressWords are in the files that can have something to do with Express.
var expressWords = []string{"express", "cors", "Access-Control", "access-control", "connect", ".listen("}

// expressFile is a file of a project that uses Express.
type expressFile struct {
	*jsFile

	// apps are the calls of express(), and routers those of express.Router().
	apps, routers []js.Call
	// cors are the calls of the package cors, and bare where it is used without
	// being called.
	cors []js.Call
	bare []int
	// uses are the calls of methods of apps and routers, in their order.
	uses []*jsUse
	// adds are the calls that add a function, and byHand what sets CORS headers.
	adds   map[*js.Function]*jsUse
	byHand []*hand
}

// maxCalls bounds how many calls of each kind are looked at in a file.
const maxCalls = 1000

// atMost returns the first calls of a list, and says if there are more.
func atMost[T any](t *source.Tree, f *jsFile, list []T) []T {
	if len(list) > maxCalls {
		t.Skip(f.file.Name, "it has so many calls that only the first ones were looked at")
		return list[:maxCalls]
	}
	return list
}

// jsUse is a call such as app.use('/api', …).
type jsUse struct {
	js.Call

	method   string
	receiver js.Range
	// object is what the method belongs to, as text, such as app or this.app.
	object string
	// path is its first argument, if that is a string; unclear says that it is
	// something else that may be a path.
	path    string
	unclear bool
	// handlers are the arguments after the path.
	handlers []js.Range
	// route says that it adds routes, and late is the rule that a call of cors
	// after it breaks.
	route bool
	late  *Rule
}

// whole is all of a call, with what it is called on if that is short.
func (u *jsUse) whole() js.Range {
	if u.receiver.End-u.receiver.Start <= 3 {
		return js.Range{Start: u.receiver.Start, End: u.End}
	}
	return u.Range
}

// expressRoutes are the methods of an app that add routes.
var expressRoutes = []string{"get", "post", "put", "patch", "delete", "all", "route", "options", "head"}

// expressSources returns the files of a project, if it uses Express or Connect.
func expressSources(t *source.Tree) (list []*expressFile) {
	found := false
	for _, f := range jsFiles(t, expressWords...) {
		x := &expressFile{jsFile: f}
		x.cors, x.bare = f.Calls("cors")
		x.cors, x.bare = atMost(t, f, x.cors), atMost(t, f, x.bare)
		x.apps, _ = f.Calls("express")
		connect, _ := f.Calls("connect")
		x.apps = atMost(t, f, append(x.apps, connect...))
		for _, d := range f.Imports("express") {
			switch d.Imported {
			case "express": // const { express } = require('express')
				x.callsOf(d, &x.apps)
			case "Router":
				x.callsOf(d, &x.routers)
			}
		}
		for _, c := range f.Methods("Router") {
			if r := f.Source(f.Receiver(c.Start)); r == "express" || strings.HasPrefix(r, "require(") {
				x.routers = append(x.routers, c)
			}
		}
		x.routers = atMost(t, f, x.routers)
		found = found || len(x.apps) > 0 || len(f.Imports("express")) > 0
		list = append(list, x)
	}
	if !found {
		return nil
	}
	for _, x := range list {
		x.findUses()
		x.uses = atMost(t, x.jsFile, x.uses)
		x.adds = map[*js.Function]*jsUse{}
		for _, u := range x.uses {
			u.route = x.addsRoutes(u)
			u.late = x.lateAfter(u)
			for _, r := range u.handlers {
				if v := x.Value(r); v.Kind == js.FunctionValue && x.adds[v.Function] == nil {
					x.adds[v.Function] = u
				}
			}
		}
		x.byHand = atMost(t, x.jsFile, x.findHands(expressResponse))
	}
	return list
}

func (x *expressFile) callsOf(d *js.Decl, list *[]js.Call) {
	for _, i := range x.Uses(d) {
		if x.At(i+1) == "(" {
			*list = append(*list, js.Call{Range: js.Range{Start: i, End: x.Partner(i+1) + 1}, Open: i + 1, Args: x.Args(i + 1)})
		}
	}
}

// appName are the names of apps and routers that come from elsewhere, such as
// parameters.
var appName = lazyregexp.New(`^(?i:app|application|server|router|api|express|routes)$|(?:App|Router|Server)$`)

// findUses finds what is called on apps and routers.
func (x *expressFile) findUses() {
	for _, method := range append([]string{"use", "param", "listen"}, expressRoutes...) {
		for _, c := range x.Methods(method) {
			r := x.Receiver(c.Start)
			if object := x.object(r); object != "" {
				x.uses = append(x.uses, x.use(method, object, r, c))
			}
		}
	}
	slices.SortFunc(x.uses, func(a, b *jsUse) int { return cmp.Compare(a.Start, b.Start) })
}

// object returns what a receiver is, as text; "" if it is another thing.
func (x *expressFile) object(r js.Range) string {
	creations := slices.Concat(x.apps, x.routers)
	for _, c := range creations {
		if c.Start >= r.Start && c.Start < r.End && x.At(r.Start) != "(" {
			if d := x.declaredBy(c); d != "" {
				return d
			}
			return x.Source(c.Range)
		}
	}
	root := x.Root(r)
	if x.Kind(root) != js.Name {
		return ""
	}
	name := x.At(root)
	if root > r.Start {
		name = "this." + name
	} else if d := x.Decl(root); d != nil && d.Init.End > d.Init.Start {
		if !slices.ContainsFunc(creations, func(c js.Call) bool { return c.Start >= d.Init.Start && c.Start < d.Init.End }) {
			return ""
		}
		return name
	} else if d != nil && d.Module != "" && !strings.HasPrefix(d.Module, ".") {
		return ""
	}
	if !appName.MatchString(x.At(root)) && !x.assigned(name) {
		return ""
	}
	return name
}

// declaredBy returns the variable, or the member of this, that a call becomes.
func (x *expressFile) declaredBy(c js.Call) string {
	i := c.Start - 1
	if x.At(i) == "new" {
		i--
	}
	if x.At(i) != "=" || x.Kind(i-1) != js.Name {
		return ""
	}
	i--
	if x.Is(i-2, "this", ".") {
		return "this." + x.At(i)
	}
	if d := x.typed(i); d != "" {
		return d
	}
	return x.At(i)
}

// typed returns the name before a type, as in app: Application = express().
func (x *expressFile) typed(i int) string {
	for n := 0; n < 6 && i > 1; n++ {
		if x.At(i-1) == ":" && x.Kind(i-2) == js.Name {
			if s, ok := x.Statement(i - 2); ok && s.Start <= i-2 && (x.At(i-3) != "const" && x.At(i-3) != "let" && x.At(i-3) != "var" && x.At(i-3) != ",") {
				return "this." + x.At(i-2) // a field of a class
			}
			return x.At(i - 2)
		}
		if x.At(i-1) != "." {
			break
		}
		i -= 2
	}
	return ""
}

// assigned reports whether an app or a router is assigned to a name.
func (x *expressFile) assigned(name string) bool {
	return slices.ContainsFunc(slices.Concat(x.apps, x.routers), func(c js.Call) bool { return x.declaredBy(c) == name })
}

// use reads a call of a method.
func (x *expressFile) use(method, object string, receiver js.Range, c js.Call) *jsUse {
	u := &jsUse{Call: c, method: method, object: object, receiver: receiver, handlers: c.Args}
	if x.At(receiver.End-1) == ")" { // app.route('/x').get(…)
		if open := x.Partner(receiver.End - 1); x.At(open-1) == "route" && len(x.Args(open)) > 0 {
			if v := x.Value(x.Args(open)[0]); v.Kind == js.StringValue {
				u.path = v.Text
			}
			return u
		}
	}
	if len(c.Args) == 0 {
		return u
	}
	v := x.Value(c.Args[0])
	switch {
	case v.Kind == js.StringValue:
		u.path, u.handlers = v.Text, c.Args[1:]
	case v.Kind == js.RegExpValue, v.Kind == js.ArrayValue && !slices.ContainsFunc(v.Items, func(i js.Value) bool { return i.Kind == js.DynamicValue || i.Kind == js.FunctionValue }):
		u.unclear, u.handlers = true, c.Args[1:]
	}
	return u
}

// addsRoutes reports whether a call adds routes: those of a method, or a router
// with a path.
func (x *expressFile) addsRoutes(u *jsUse) bool {
	switch {
	case u.method == "route":
		return true
	case u.method == "use":
		return len(u.handlers) > 0 && (u.path != "" || u.unclear) && !x.isCors(u.handlers) && !x.harmless(u) || len(u.handlers) > 0 && x.isRouter(u.handlers[len(u.handlers)-1])
	case u.method == "options" || u.method == "listen" || u.method == "param":
		return false
	default:
		return len(u.handlers) > 0
	}
}

// isRouter reports whether an expression is a router, by its name or what it is.
func (x *expressFile) isRouter(r js.Range) bool {
	text := x.Source(r)
	if r.End == r.Start+1 {
		if d := x.Decl(r.Start); d != nil && d.Module != "" {
			return strings.HasPrefix(d.Module, ".") && routerName.MatchString(text+" "+path.Base(d.Module))
		}
		return x.assigned(text) && !slices.ContainsFunc(x.apps, func(c js.Call) bool { return x.declaredBy(c) == text })
	}
	module, _ := x.RequireAt(r.Start)
	return strings.HasPrefix(module, ".") && routerName.MatchString(module)
}

// routerName is in the name of a router or its file.
var routerName = lazyregexp.New(`(?i)rout|api|controller`)

// isCors reports whether one of some expressions is a call of cors, or a constant
// of one.
func (x *expressFile) isCors(list []js.Range) bool {
	for _, r := range list {
		if slices.Contains(x.bare, r.Start) {
			return true
		}
		for _, c := range x.cors {
			if c.Start == r.Start {
				return true
			}
			if d := x.Decl(r.Start); d != nil && r.End == r.Start+1 && d.Init.Start == c.Start {
				return true
			}
		}
	}
	return false
}

// Middlewares by their names: those that never answer a request themselves, those
// that want a login, and those that read what is sent.
var (
	harmlessName = lazyregexp.New(`(?i)helmet|morgan|compress|cookieparser|responsetime|requestid|request-id|pino|logger|logging|winston|favicon|poweredby|express-status|userAgent|useragent|timing|nocache|hpp`)
	authName     = lazyregexp.New(`(?i)auth|passport|jwt|session|token|login|csrf|csurf|protect|guard|apikey|api-key|basicAuth|permission|rateLimit|limiter|acl`)
	parserName   = lazyregexp.New(`(?i)express\.(?:json|urlencoded|text|raw)|bodyparser|body-parser|multer|upload|fileupload|^(?:json|urlencoded)$`)
	answers      = lazyregexp.New(`\.(?:status|sendStatus|send|json|end|redirect|render|writeHead)\s*\(`)
)

// harmless reports whether a call adds nothing that answers requests.
func (x *expressFile) harmless(u *jsUse) bool {
	for _, r := range u.handlers {
		text := x.calleeOf(r)
		if harmlessName.MatchString(text) && !authName.MatchString(text) {
			continue
		}
		v := x.Value(r)
		if v.Kind != js.FunctionValue || len(v.Function.Params) == 4 {
			if v.Kind == js.FunctionValue {
				continue // it handles errors
			}
			return false
		}
		if answers.MatchString(x.Source(v.Function.Body)) {
			return false
		}
	}
	return true
}

// calleeOf returns the function that an expression calls or is, as text.
func (x *expressFile) calleeOf(r js.Range) string {
	for i := r.Start; i < r.End; i++ {
		if x.At(i) == "(" && i > r.Start {
			if module, end := x.RequireAt(r.Start); module != "" {
				return module + x.Source(js.Range{Start: end, End: min(end+2, r.End)})
			}
			return x.Source(js.Range{Start: r.Start, End: i})
		}
	}
	return x.Source(r)
}
