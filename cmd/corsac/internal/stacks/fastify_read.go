package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// fastifyPackage is @fastify/cors 11, and fastifyOld what came before.
var (
	fastifyPackage = &jsPackage{
		options: []string{
			"origin", "methods", "allowedHeaders", "exposedHeaders", "credentials", "maxAge", "cacheControl", "hook", "preflight",
			"strictPreflight", "preflightContinue", "optionsSuccessStatus", "hideOptionsRoute", "logLevel", "logSerializers", "prefix", "delegator",
		},
		methods: "methods", headers: "allowedHeaders", expose: "exposedHeaders", truthy: true, delegates: "delegator",
		rules: fastifyRules, origin: (*jsReader).fastifyOrigin, others: (*jsReader).fastifyOthers,
	}
	fastifyOld = fastifyPackage.with([]string{"PUT", "PATCH", "DELETE"})
)

// fastifyFramework is Fastify.
var fastifyFramework = &jsFramework{
	word: "fastify", packages: []string{"@fastify/cors", "fastify-cors"},
	apps: func(module, name string) bool {
		return bareModule(module) == "fastify" && (name == "default" || name == "*" || name == "fastify" || name == "Fastify")
	},
	cors: func(string, string) bool { return false }, // it is registered, not called
	methods: []string{
		"register", "addHook", "get", "post", "put", "patch", "delete", "all", "route", "options", "head", "listen",
	},
	adders: []string{"addHook"},
	response: &jsResponse{
		setters: []string{"header", "headers", "setHeader", "appendHeader", "writeHead"},
		has:     func(k, n int) bool { return k == 1 || k == 2 && n == 3 },
	},
	rules: fastifyRules,
}

// fastifyRegister is a call that registers @fastify/cors.
type fastifyRegister struct {
	use *jsUse
	old bool
}

// readFastify returns the places of a Fastify project that set CORS headers: those
// that register @fastify/cors, and functions that set the headers by hand.
func readFastify(t *source.Tree) (sites []*Site) {
	files := fastifyFramework.sources(t)
	registers := map[*frameworkFile][]fastifyRegister{}
	for _, x := range files {
		for _, u := range x.uses {
			if u.method == "register" && len(u.Args) > 0 {
				if module := x.plugin(u.Args[0]); isFastifyCors(module) {
					x.cors = append(x.cors, u.Call)
					registers[x] = append(registers[x], fastifyRegister{u, fastifyBefore11(t, x.file.Name, module)})
				}
			}
		}
	}
	for _, x := range files {
		var found []*Site
		for _, r := range registers[x] {
			found = append(found, x.readRegister(&r, registers[x], files))
		}
		sites = append(sites, sorted(append(found, x.readHands(files)...))...)
	}
	return once(sites)
}

func isFastifyCors(module string) bool {
	module = bareModule(module)
	return module == "@fastify/cors" || module == "fastify-cors"
}

// fastifyBefore11 reports whether a project uses a version of the package before
// 11, which allowed more methods by itself.
func fastifyBefore11(t *source.Tree, file, module string) bool {
	if bareModule(module) == "fastify-cors" {
		return true
	}
	major, _ := packageVersion(t, file, "@fastify/cors")
	return major > 0 && major < 11
}

// plugin returns the module that an argument of register is, or "".
func (x *frameworkFile) plugin(arg js.Range) string {
	i := arg.Start
	for x.At(i) == "(" || x.At(i) == "await" {
		i++
	}
	if module, _ := x.RequireAt(i); module != "" {
		return module
	}
	if d := x.Decl(i); d != nil && (d.Imported == "default" || d.Imported == "*" || d.Imported == "fastifyCors") {
		return d.Module
	}
	return ""
}

// readRegister reads a call that registers @fastify/cors.
func (x *frameworkFile) readRegister(r *fastifyRegister, all []fastifyRegister, files []*frameworkFile) *Site {
	s := &jsSettings{jsFile: x.jsFile}
	p := fastifyPackage
	if r.old {
		p = fastifyOld
	}
	u := r.use
	s.readArgs(p, u.Range, u.Args[1:])
	options := js.Value{Kind: js.NullValue}
	if len(u.Args) > 1 {
		options = x.value(u.Args[1])
	}
	if options.Kind == js.NullValue || options.Kind == js.ObjectValue {
		if !r.old && !options.Open && options.Prop("methods") == nil && options.Prop("delegator") == nil {
			x.methodsLeftOut(s, u, files)
		}
		if options.Prop("hook") == nil {
			x.afterAuth(s, u)
		}
	}
	for _, o := range x.uses {
		if o.method == "options" && o.path == "*" && o.object == u.object && x.Function(o.Start) == x.Function(u.Start) {
			s.fault(fastifyOptionsRoute, o.whole())
		}
	}
	for _, o := range all {
		if o.use.Start < u.Start && o.use.object == u.object && x.Function(o.use.Start) == x.Function(u.Start) && x.always(o.use) && x.always(u) {
			s.fault(fastifyTwice, u.whole())
			break
		}
	}
	if x.encapsulated(u) {
		s.fault(fastifyEncapsulated, u.whole())
	}
	return s.site(u.object+".register(cors, …)", "", u.Range)
}

// always reports whether a call is a statement of its function's body, in no block
// of its own.
func (x *frameworkFile) always(u *jsUse) bool {
	statement, ok := x.Statement(u.Start)
	if !ok || x.At(statement.Start) == "if" || x.At(statement.Start) == "switch" {
		return false
	}
	up, f := x.Up(statement.Start), x.Function(u.Start)
	return f == nil && up < 0 || f != nil && up == f.Body.Start
}

// methodsLeftOut reports routes of a project whose methods need permission, where
// none is given.
func (x *frameworkFile) methodsLeftOut(s *jsSettings, u *jsUse, files []*frameworkFile) {
	for _, y := range files {
		if y.dir != x.dir {
			continue
		}
		for _, o := range y.uses {
			if (o.method == "put" || o.method == "patch" || o.method == "delete") && len(o.handlers) > 0 && o.path != "" {
				s.evident(fastifyMethodsLeftOut, u.whole(), y.Source(o.whole()), "")
				return
			}
		}
	}
}

// afterAuth reports hooks before a registration that refuse requests.
func (x *frameworkFile) afterAuth(s *jsSettings, u *jsUse) {
	for _, o := range x.before(u) {
		hook := o.method == "addHook" && o.path == "onRequest" && len(o.handlers) > 0 && x.guards(o.handlers[0])
		plugin := o.method == "register" && len(o.Args) > 0 && x.plugin(o.Args[0]) == "@fastify/bearer-auth"
		if hook || plugin {
			s.evident(fastifyAfterAuth, u.whole(), x.Source(o.whole()), " comes before")
			return
		}
	}
}

// encapsulated reports whether a call is inside a plugin that has nothing but it,
// and that is not wrapped in fastify-plugin.
func (x *frameworkFile) encapsulated(u *jsUse) bool {
	f := x.Function(u.Start)
	if f == nil || len(f.Names) == 0 || f.Names[0] != u.object || len(x.Imports("fastify-plugin")) > 0 || strings.Contains(x.Text, "skip-override") {
		return false
	}
	inline := x.adds[f] != nil && x.adds[f].method == "register"
	start := f.Start
	if x.At(start-1) == "async" {
		start--
	}
	exported := len(f.Names) > 1 && (x.Is(start-2, "export", "default") || x.Is(start-4, "module", ".", "exports", "="))
	if !inline && !exported {
		return false
	}
	return !slices.ContainsFunc(x.uses, func(o *jsUse) bool {
		return o != u && o.Start >= f.Start && o.Start < f.End && o.object == u.object && o.method != "addHook"
	})
}

// fastifyOrigin reads who is allowed. It is false if the options set no headers at
// all.
func (r *jsReader) fastifyOrigin(v *js.Value) bool {
	switch {
	case v.Kind == js.FalseValue:
		r.off(v)
		return false
	case falsy(v):
		defer r.within(v)()
		r.fault(fastifyOriginEmpty, v.Used)
		r.remark(Lost, "allow_origins", "Every request is answered with 500: origin is "+r.Source(v.Used)+".", v.Used)
		return false
	case v.Kind == js.ArrayValue:
		for i := range v.Items {
			if item := &v.Items[i]; item.Kind == js.StringValue && item.Text == "*" {
				r.everyone(item, false)
				return true
			}
		}
		r.originList(v, 0)
	case v.Kind == js.FunctionValue:
		r.someOrigins(v)
		r.neverAnswers(v)
	default:
		r.someOrigins(v)
	}
	return true
}

// neverAnswers reports a function that returns its answer, which nobody reads.
func (r *jsReader) neverAnswers(v *js.Value) {
	defer r.within(v)()
	f := v.Function
	if len(f.Names) > 1 || r.At(f.Start-1) == "async" || r.Mentions(f.Body, "Promise") || r.Mentions(f.Body, "arguments") {
		return
	}
	results := []js.Range{f.Body}
	if f.Block {
		results = nil
		for _, i := range r.Names("return") {
			if statement, ok := r.Statement(i); ok && r.Function(i) == f && i >= f.Body.Start && i < f.Body.End {
				results = append(results, js.Range{Start: i + 1, End: statement.End})
			}
		}
	}
	for _, result := range results {
		if !r.plainResult(result) {
			return
		}
	}
	if len(results) > 0 {
		r.fault(fastifyOriginWaits, v.Used)
	}
}

// plainResult reports whether an expression is certainly no promise.
func (r *jsReader) plainResult(e js.Range) bool {
	if e.End > e.Start && r.At(e.End-1) == ";" {
		e.End--
	}
	if v := r.Value(e); v.Kind != js.DynamicValue {
		return true
	}
	for i := e.Start; i < e.End; i = r.Skip(i) {
		switch r.At(i) {
		case "===", "!==", "==", "!=", "!", ">", "<", ">=":
			return true
		}
	}
	if r.At(e.End-1) != ")" {
		return false
	}
	open := r.Partner(e.End - 1)
	return slices.Contains([]string{"includes", "test", "some", "every", "has", "endsWith", "startsWith"}, r.At(open-1)) && r.At(open-2) == "."
}

// fastifyOthers reads the options that only @fastify/cors has, and those about
// preflights.
func (r *jsReader) fastifyOthers() {
	r.preflights()
	if v, _ := r.option("preflight"); v != nil && v.Kind == js.FalseValue {
		undo := r.within(v)
		r.fault(fastifyPreflightOff, v.Used)
		r.remark(Wider, "", "Preflights are answered with 404; a policy answers them itself.", v.Used)
		undo()
	}
	if v, _ := r.option("hook"); v != nil && v.Kind == js.StringValue && v.Text != "onRequest" {
		defer r.within(v)()
		r.fault(fastifyLateHook, v.Used)
	}
}
