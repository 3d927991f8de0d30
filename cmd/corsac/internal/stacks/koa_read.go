package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// koaPackage is @koa/cors 5.
var koaPackage = &jsPackage{
	options: []string{"origin", "allowMethods", "allowHeaders", "exposeHeaders", "credentials", "maxAge", "keepHeadersOnError", "secureContext", "privateNetworkAccess"},
	methods: "allowMethods", headers: "allowHeaders", expose: "exposeHeaders", defaults: []string{"PUT", "DELETE", "PATCH"},
	emptyReflects: true, truthy: true, reflectsAny: true, noZeroAge: true,
	rules: koaRules, origin: (*jsReader).koaOrigin, others: (*jsReader).koaOthers,
}

// koaFramework is Koa.
var koaFramework = &jsFramework{
	word: "koa", packages: []string{"@koa/cors", "kcors"},
	apps: func(module, name string) bool {
		return bareModule(module) == "koa" && (name == "default" || name == "*")
	},
	routers: func(module, name string) bool {
		module = bareModule(module)
		return (module == "@koa/router" || module == "koa-router") && (name == "default" || name == "*" || name == "Router")
	},
	cors: func(module, name string) bool {
		module = bareModule(module)
		return (module == "@koa/cors" || module == "kcors") && (name == "default" || name == "*")
	},
	methods: []string{"use", "get", "post", "put", "patch", "delete", "del", "all", "options", "listen"}, adders: []string{"use"},
	response: &jsResponse{setters: []string{"set", "append", "setHeader", "appendHeader", "writeHead"}, has: func(k, _ int) bool { return k == 0 }},
	rules:    koaRules,
}

// readKoa returns the places of a Koa project that set CORS headers: the calls of
// cors(…), and functions that set the headers by hand.
func readKoa(t *source.Tree) (sites []*Site) {
	files := koaFramework.sources(t)
	mounts := koaMounts(files)
	for _, x := range files {
		x.mounts = mounts
		var found []*Site
		for _, c := range x.cors {
			found = append(found, x.readKoaCall(c))
		}
		found = append(found, x.notCalled(koaNotCalled, false)...)
		sites = append(sites, sorted(append(found, x.readHands(files)...))...)
	}
	return once(sites)
}

// readKoaCall reads a call of cors(…).
func (x *frameworkFile) readKoaCall(c js.Call) *Site {
	s := &jsSettings{jsFile: x.jsFile}
	s.readArgs(koaPackage, c.Range, c.Args)
	title, path := "cors(…)", ""
	if uses := x.usesOf(c); len(uses) > 0 {
		u := uses[0]
		title, path = u.object+"."+u.method+"(cors(…))", x.mounts.pathOf(s, &x.jsApp, u, c.Range)
		if u.unclear {
			s.remark(Dynamic, "", "The router takes its paths from "+shorten(x.Source(u.Args[0]))+".", u.Args[0])
		}
		x.koaPlace(s, c, u)
	}
	return s.site(title, path, c.Range)
}

// koaMounts says where the routers of files are used, and which prefixes they have.
func koaMounts(files []*frameworkFile) *jsMounts {
	var list []*jsApp
	for _, x := range files {
		list = append(list, &x.jsApp)
	}
	m := newMounts(list)
	m.prefix = koaPrefix
	return m
}

// koaPrefix returns the prefix that a router has for a call of its methods: that of
// new Router({ prefix }), and that of router.prefix(…), which replaces it for the
// calls after it and comes before it for the others.
func koaPrefix(r jsRouter, u *jsUse) (prefix string, known bool) {
	x := r.file
	known = true
	for _, c := range x.routers {
		if name := x.declaredBy(c); name != r.object && x.Source(c.Range) != r.object || len(c.Args) == 0 {
			continue
		}
		options := x.Value(c.Args[0])
		if p := options.Prop("prefix"); p != nil {
			prefix, known = p.Value.Text, p.Value.Kind == js.StringValue
		}
	}
	for _, c := range x.Methods("prefix") {
		if len(c.Args) != 1 || x.object(x.Receiver(c.Start)) != r.object {
			continue
		}
		v := x.Value(c.Args[0])
		switch {
		case v.Kind != js.StringValue:
			known = false
		case c.Start < u.Start:
			prefix = v.Text
		default:
			prefix = joinPaths(v.Text, prefix)
		}
	}
	return strings.TrimSuffix(prefix, "/"), known
}

// koaPlace reports mistakes in where a call of cors stands.
func (x *frameworkFile) koaPlace(s *jsSettings, c js.Call, u *jsUse) {
	if x.isRouterUse(u) {
		s.fault(koaOnRouter, u.whole())
		return
	}
	s.late(&x.jsApp, c, u, x.koaLate)
}

// koaLate returns the rule that a call of cors after u breaks, or nil.
func (x *frameworkFile) koaLate(u *jsUse) *Rule {
	if u.method != "use" {
		return nil
	}
	for _, r := range u.handlers {
		switch {
		case x.isCors(r):
			return koaPlaces.twice
		case x.At(r.End-1) == ")" && x.Is(x.Partner(r.End-1)-2, ".", "routes"):
			return koaPlaces.afterRoutes
		case x.guards(r):
			return koaPlaces.afterAuth
		}
	}
	return nil
}

// isRouterUse reports whether a method is one of a router, or adds a route.
func (x *frameworkFile) isRouterUse(u *jsUse) bool {
	if u.method != "use" {
		return true
	}
	return slices.ContainsFunc(x.routers, func(c js.Call) bool { return x.declaredBy(c) == u.object })
}

// koaOrigin reads who is allowed.
func (r *jsReader) koaOrigin(v *js.Value) bool {
	switch {
	case falsy(v):
		undo := r.within(v)
		r.fault(koaOriginFalse, v.Used)
		undo()
		r.everyone(v, false)
	case v.Kind == js.StringValue:
		r.constantOrigin(v)
	case v.Kind == js.FunctionValue:
		r.readFunction(v, koaIsOrigin, koaOriginBoolean)
	case v.Kind == js.ArrayValue || v.Kind == js.RegExpValue || v.Kind == js.TrueValue:
		r.koaLiteral(v)
	default:
		r.dynamicOrigin(v)
	}
	return true
}

// koaLiteral reads an origin that the package sends as it stands, although it is
// not a string. What is meant is read.
func (r *jsReader) koaLiteral(v *js.Value) {
	defer r.within(v)()
	const meant = "The package sends this as it stands; comparing with it is probably meant."
	switch {
	case v.Kind == js.TrueValue:
		r.fault(koaOriginBoolean, v.Used)
		r.remark(Lost, "allow_origins", "The header says true, which is not an origin.", v.Used)
	case v.Kind == js.RegExpValue:
		r.fault(koaOriginRegexp, v.Used)
		r.remark(Wider, "allow_origins", meant, v.Used)
		r.regexp(v)
	default:
		if len(v.Items) != 1 {
			r.fault(koaOriginArray, v.Used)
			r.remark(Wider, "allow_origins", meant, v.Used)
		}
		r.originList(v, 0)
	}
}

// koaIsOrigin reports whether an expression in a function with a context as its
// parameter is the origin of the request.
func koaIsOrigin(s *jsSettings, f *js.Function, e js.Range) bool {
	if len(f.Names) == 0 || f.Names[0] == "" || e.End <= e.Start {
		return false
	}
	if e.End == e.Start+1 {
		d := s.Decl(e.Start)
		return d != nil && d.Key == "" && d.Init.Start >= f.Body.Start && d.Init.End <= f.Body.End && s.Constant(d) && koaIsOrigin(s, f, d.Init)
	}
	text := strings.ToLower(s.tight(js.Range{Start: e.Start + 1, End: e.End}))
	if s.At(e.Start) != f.Names[0] {
		return false
	}
	for _, part := range []string{".request", ".req"} {
		if rest, ok := strings.CutPrefix(text, part+"."); ok {
			text = "." + rest
			break
		}
	}
	return slices.Contains([]string{".get('origin')", ".headers.origin", ".header.origin", ".headers['origin']", ".header['origin']"}, text)
}

// tight returns an expression without white space, and with single quotes.
func (s *jsSettings) tight(e js.Range) string {
	var b strings.Builder
	for i := e.Start; i < min(e.End, e.Start+maxResults); i++ {
		b.WriteString(s.At(i))
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), `"`, "'"), "?.", ".")
}

// koaOthers reads the options that only @koa/cors has.
func (r *jsReader) koaOthers() {
	if p := r.given.Prop("keepHeadersOnError"); p != nil && falsy(&p.Value) && p.Value.Kind != js.NullValue {
		undo := r.within(&p.Value)
		var edits []source.Edit
		if p.Value.Literal() && r.At(p.Start) != "..." {
			edits = append(edits, r.withoutItem(p.Range))
		}
		r.fault(koaErrorsWithoutHeaders, p.Range, edits...)
		undo()
	}
	for _, o := range [][2]string{
		{"secureContext", "It also sends Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy."},
		{"privateNetworkAccess", "It also answers Access-Control-Request-Private-Network."},
	} {
		name, what := o[0], o[1]
		if v, _ := r.option(name); v != nil && !falsy(v) {
			undo := r.within(v)
			r.remark(Lost, "", what, v.Used)
			undo()
		}
	}
}
