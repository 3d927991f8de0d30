package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsApp is a file that makes apps of a framework, or uses them.
type jsApp struct {
	*jsFile

	// apps are the calls that make an app, such as express(), and routers those that
	// make a part of one.
	apps, routers []js.Call
	// uses are the calls of methods of apps and routers, in their order.
	uses []*jsUse
	// cors are the calls of the package for CORS, and bare where it is used without
	// being called.
	cors []js.Call
	bare []int
	// adds are the calls of methods that a function is an argument of, and hands the
	// functions that set CORS headers by hand.
	adds  map[*js.Function]*jsUse
	hands []*hand
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

// appName are the names of apps and routers that come from elsewhere, such as
// parameters.
var appName = lazyregexp.New(`^(?i:app|application|server|router|api|express|fastify|instance|koa|hono|routes)$|(?:App|Router|Server)$`)

// callsOf adds the calls of a name.
func (x *jsApp) callsOf(d *js.Decl, list *[]js.Call) {
	for _, i := range x.Uses(d) {
		if x.At(i+1) == "(" {
			*list = append(*list, js.Call{Range: js.Range{Start: i, End: x.Partner(i+1) + 1}, Open: i + 1, Args: x.Args(i + 1)})
		}
	}
}

// findUses finds what is called on apps and routers.
func (x *jsApp) findUses(methods []string) {
	for _, method := range methods {
		for _, c := range x.Methods(method) {
			r := x.Receiver(c.Start)
			if object := x.object(r); object != "" {
				x.uses = append(x.uses, x.use(method, object, r, c))
			}
		}
	}
	slices.SortFunc(x.uses, func(a, b *jsUse) int { return cmp.Compare(a.Start, b.Start) })
}

// findAdds finds which calls of methods have a function as their argument.
func (x *jsApp) findAdds() {
	x.adds = map[*js.Function]*jsUse{}
	for _, u := range x.uses {
		for _, r := range u.handlers {
			if v := x.Value(r); v.Kind == js.FunctionValue && x.adds[v.Function] == nil {
				x.adds[v.Function] = u
			}
		}
	}
}

// isCors reports whether an expression is a call of the package for CORS, or a
// constant of one.
func (x *jsApp) isCors(r js.Range) bool {
	if slices.Contains(x.bare, r.Start) {
		return true
	}
	return slices.ContainsFunc(x.cors, func(c js.Call) bool {
		d := x.Decl(r.Start)
		return c.Start == r.Start || d != nil && r.End == r.Start+1 && d.Init.Start == c.Start
	})
}

// hasCors reports whether a call of a method adds the package for CORS.
func (x *jsApp) hasCors(u *jsUse) bool { return slices.ContainsFunc(u.handlers, x.isCors) }

// usesOf returns the calls of methods of an app that a call of the package for CORS
// is an argument of, directly or as a constant.
func (x *jsApp) usesOf(c js.Call) (list []*jsUse) {
	if u := x.useOf(c.Start); u != nil {
		return []*jsUse{u}
	}
	if x.At(c.Start-1) != "=" {
		return nil
	}
	d := x.Decl(c.Start - 2)
	if d == nil || d.Init.Start != c.Start {
		return nil
	}
	for _, i := range x.Uses(d) {
		if u := x.useOf(i); u != nil {
			list = append(list, u)
		}
	}
	return list
}

// notCalled returns the places where the package for CORS is added to an app
// without being called, which breaks a rule. prefixes says that a string before it
// is the prefix of its paths.
func (x *jsApp) notCalled(rule *Rule, prefixes bool) (sites []*Site) {
	for _, i := range x.bare {
		u := x.useOf(i)
		if u == nil {
			continue
		}
		path := ""
		if prefixes {
			path = u.path
		}
		s, r := &jsSettings{jsFile: x.jsFile}, js.Range{Start: i, End: i + 1}
		s.fault(rule, r)
		sites = append(sites, s.site(u.object+"."+u.method+"(cors)", path, r))
	}
	return sites
}

// late reports the rules that a call of the package for CORS breaks because u, which
// has it, comes after others.
func (s *jsSettings) late(x *jsApp, c js.Call, u *jsUse, rule func(before *jsUse) *Rule) {
	done := map[*Rule]bool{}
	for _, o := range x.before(u) {
		if broken := rule(o); broken != nil && !done[broken] {
			done[broken] = true
			s.evident(broken, c.Range, x.Source(o.whole()), " comes before")
		}
	}
}

// object returns what a receiver is, as text; "" if it is another thing.
func (x *jsApp) object(r js.Range) string {
	creations := slices.Concat(x.apps, x.routers)
	for _, c := range creations {
		if c.Start >= r.Start && c.Start < r.End && x.At(r.Start) != "(" {
			if d := x.declaredBy(c); d != "" {
				return d
			}
			return x.Source(c.Range)
		}
	}
	if text := x.members(r); strings.Contains(text, ".") {
		if d := x.creation(text); d != "" {
			return d
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
	if d := x.creation(name); d != "" {
		return d
	}
	if !appName.MatchString(x.At(root)) {
		return ""
	}
	return name
}

// maxTargets is how many names a call is assigned to, at most.
const maxTargets = 10

// targets returns what a call is assigned to, as in const app = module.exports =
// express(): names, and members with all of their text. It ends with the first
// that is another thing.
func (x *jsApp) targets(c js.Call) (list []string) {
	i := c.Start - 1
	if x.At(i) == "new" {
		i--
	}
	for x.At(i) == "=" && x.Kind(i-1) == js.Name && len(list) < maxTargets {
		if d := x.typed(i - 1); d != "" {
			return append(list, d)
		}
		start := i - 1
		for x.At(start-1) == "." && x.Kind(start-2) == js.Name {
			start -= 2
		}
		if before := x.At(start - 1); before == "." || before == "?." {
			return list
		}
		list = append(list, x.Source(js.Range{Start: start, End: i}))
		i = start - 1
	}
	return list
}

// declaredBy returns the first variable that a call is assigned to, or else the
// member, such as this.app or module.exports; "" if it is neither.
func (x *jsApp) declaredBy(c js.Call) string {
	list := x.targets(c)
	for _, name := range slices.Backward(list) {
		if !strings.Contains(name, ".") {
			return name
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return ""
}

// creation returns what declaredBy does for the app or router that is assigned to
// a name or a member; "" if none is.
func (x *jsApp) creation(name string) string {
	for _, c := range slices.Concat(x.apps, x.routers) {
		if slices.Contains(x.targets(c), name) {
			return x.declaredBy(c)
		}
	}
	return ""
}

// members returns the name that a receiver begins with, and its members up to
// what is called.
func (x *jsApp) members(r js.Range) string {
	end := r.Start + 1
	for x.At(end) == "." && x.Kind(end+1) == js.Name && x.At(end+2) != "(" && end+2 <= r.End {
		end += 2
	}
	return x.Source(js.Range{Start: r.Start, End: end})
}

// typed returns the name before a type, as in app: Application = express().
func (x *jsApp) typed(i int) string {
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
func (x *jsApp) assigned(name string) bool { return x.creation(name) != "" }

// use reads a call of a method.
func (x *jsApp) use(method, object string, receiver js.Range, c js.Call) *jsUse {
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

// useOf returns the call of a method that has an argument which begins at a
// token, also in an array.
func (x *jsApp) useOf(i int) *jsUse {
	for _, u := range x.uses {
		for _, h := range u.handlers {
			if h.Start == i || x.At(h.Start) == "[" && x.Up(i) == h.Start {
				return u
			}
		}
	}
	return nil
}

// before returns the calls of methods that come before another one of the same
// app, in the same function.
func (x *jsApp) before(u *jsUse) (list []*jsUse) {
	unnamed := strings.HasSuffix(u.object, ")")
	for _, o := range x.uses {
		if o.Start < u.Start && o.object == u.object && x.Function(o.Start) == x.Function(u.Start) && (!unnamed || o.receiver.Start == u.receiver.Start) {
			list = append(list, o)
		}
	}
	return list
}

// calleeOf returns the function that an expression calls or is, as text.
func (x *jsApp) calleeOf(r js.Range) string {
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
