package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// honoPackage is hono/cors 4.13, and honoOld what came before.
var (
	honoPackage = &jsPackage{
		options: []string{"origin", "allowMethods", "allowHeaders", "exposeHeaders", "credentials", "maxAge"},
		methods: "allowMethods", headers: "allowHeaders", expose: "exposeHeaders", defaults: []string{"PUT", "DELETE", "PATCH", "QUERY"},
		emptyReflects: true, truthy: true, notList: honoNotList,
		rules: honoRules, origin: (*jsReader).honoOrigin, others: func(*jsReader) {},
	}
	honoOld = honoPackage.with([]string{"PUT", "DELETE", "PATCH"})
)

// honoFramework is Hono.
var honoFramework = &jsFramework{
	word: "hono", packages: []string{"hono/cors"},
	apps: func(module, name string) bool {
		return isHono(module, "") && (name == "Hono" || name == "OpenAPIHono") || bareModule(module) == "@hono/zod-openapi" && name == "OpenAPIHono"
	},
	cors: func(module, name string) bool { return isHono(module, "cors") && name == "cors" },
	methods: []string{
		"use", "get", "post", "put", "patch", "delete", "all", "on", "route", "mount", "options", "openapi",
	},
	adders: []string{"use"},
	response: &jsResponse{
		setters: []string{"header", "set", "append", "json", "text", "html", "body", "newResponse"},
		has:     func(k, n int) bool { return k == 0 || k == 1 && n == 2 },
	},
	rules: honoRules,
}

// denoHono matches the modules of Hono on deno.land.
var denoHono = lazyregexp.New(`^https://deno\.land/x/hono(?:@[^/]+)?/(?:mod|middleware|middleware/cors/index)\.ts$`)

// isHono reports whether a module is one of Hono: that of a path in it, or all.
func isHono(module, path string) bool {
	if denoHono.MatchString(module) {
		return true
	}
	module = bareModule(module)
	for _, name := range []string{"hono", "@hono/hono"} {
		if module == name && path == "" || path != "" && module == name+"/"+path {
			return true
		}
	}
	return false
}

// readHono returns the places of a Hono project that set CORS headers: the calls
// of cors(…), and functions that set the headers by hand.
func readHono(t *source.Tree) (sites []*Site) {
	files := honoFramework.sources(t)
	for _, x := range files {
		p := honoPackage
		if major, minor := packageVersion(t, x.file.Name, "hono"); major > 0 && (major < 4 || major == 4 && minor < 13) {
			p = honoOld
		}
		var found []*Site
		for _, c := range x.cors {
			found = append(found, x.readHonoCall(p, c))
		}
		sites = append(sites, sorted(append(found, x.readHands(files)...))...)
	}
	return once(sites)
}

// readHonoCall reads a call of cors(…).
func (x *frameworkFile) readHonoCall(p *jsPackage, c js.Call) *Site {
	s := &jsSettings{jsFile: x.jsFile}
	s.readArgs(p, c.Range, c.Args)
	title, path := "cors(…)", ""
	if uses := x.usesOf(c); len(uses) > 0 {
		u := uses[0]
		title, path = u.object+"."+u.method+"(cors(…))", u.path
		x.honoPlace(s, c, u)
	}
	return s.site(title, strings.TrimSuffix(path, "*"), c.Range)
}

// honoPlace reports mistakes in where a call of cors stands.
func (x *frameworkFile) honoPlace(s *jsSettings, c js.Call, u *jsUse) {
	others := slices.DeleteFunc(slices.Clone(x.uses), func(o *jsUse) bool { return o == u || o.object != u.object })
	switch u.method {
	case "use", "all":
	case "options":
		if !slices.ContainsFunc(others, func(o *jsUse) bool { return o.method != "options" && x.hasCors(o) }) && len(x.hands) == 0 {
			s.fault(honoOptionsOnly, u.whole())
		}
		return
	default:
		if !slices.ContainsFunc(others, func(o *jsUse) bool {
			return x.hasCors(o) && (o.method == "use" || o.method == "all" || o.method == "options") && honoCovers(o, u.path)
		}) {
			s.fault(honoOnRoute, u.whole())
		}
		return
	}
	x.honoExact(s, u, others)
	s.late(&x.jsApp, c, u, func(before *jsUse) *Rule { return x.honoLate(before, u) })
}

// honoExact reports routes below the path of a call that it does not cover.
func (x *frameworkFile) honoExact(s *jsSettings, u *jsUse, others []*jsUse) {
	if u.path == "" || strings.HasSuffix(u.path, "*") || u.unclear {
		return
	}
	below := strings.TrimSuffix(u.path, "/") + "/"
	if slices.ContainsFunc(others, func(o *jsUse) bool { return o.method == "use" && x.hasCors(o) && honoCovers(o, below) }) {
		return
	}
	for _, o := range others {
		mounted := o.method == "route" && samePath(o.path, u.path)
		if o.method != "use" && (mounted || strings.HasPrefix(o.path, below) && o.path != below) {
			s.evident(honoExactPath, u.Args[0], x.Source(o.whole()), " is not covered")
			return
		}
	}
}

// honoCovers reports whether a call of use is about a path.
func honoCovers(u *jsUse, path string) bool {
	prefix, wild := strings.CutSuffix(u.path, "*")
	if wild || u.path == "" {
		return strings.HasPrefix(path+"/", prefix)
	}
	return samePath(u.path, path)
}

// plainPath matches paths that are for no page: those of load balancers and of a
// home page.
var plainPath = lazyregexp.New(`(?i)^/?(?:|health.*|healthz|livez?|liveness|ready|readyz|readiness|ping|status|metrics|version|favicon\.ico|robots\.txt)$`)

// honoLate returns the rule that a call of cors for u breaks after o, or nil.
func (x *frameworkFile) honoLate(o, u *jsUse) *Rule {
	if o.method == "use" {
		for _, r := range o.handlers {
			switch {
			case x.isCors(r) && samePath(o.path, u.path):
				return honoPlaces.twice
			case !x.isCors(r) && x.guards(r) && (honoCovers(o, u.path) || honoCovers(u, strings.TrimSuffix(o.path, "*"))):
				return honoPlaces.afterAuth
			}
		}
		return nil
	}
	if o.method == "options" || len(o.handlers) == 0 || x.hasCors(o) || plainPath.MatchString(o.path) || !honoCovers(u, o.path) {
		return nil
	}
	return honoPlaces.afterRoutes
}

// honoOrigin reads who is allowed.
func (r *jsReader) honoOrigin(v *js.Value) bool {
	switch {
	case v.Kind == js.StringValue && v.Text == "":
		r.off(v)
	case v.Kind == js.StringValue:
		r.origins(v, r.rules.origins)
	case v.Kind == js.FunctionValue:
		r.readFunction(v, honoIsOrigin, honoOriginBoolean)
	case v.Kind == js.ArrayValue:
		r.honoList(v)
	case v.Kind == js.DynamicValue:
		r.dynamicOrigin(v)
	default:
		r.honoType(v)
	}
	return true
}

// honoType is about an origin that is not a string. What is meant is read.
func (r *jsReader) honoType(v *js.Value) {
	defer r.within(v)()
	r.fault(honoOriginType, v.Used)
	if v.Kind == js.RegExpValue {
		r.remark(Wider, "allow_origins", "The middleware compares with no regular expression; a function with it is probably meant.", v.Used)
		r.regexp(v)
		return
	}
	r.remark(Lost, "allow_origins", "It is not an origin.", v.Used)
}

func (r *jsReader) honoList(list *js.Value) {
	for i := range list.Items {
		switch v := &list.Items[i]; v.Kind {
		case js.StringValue:
			r.origins(v, r.rules.origins)
		case js.DynamicValue:
			r.dynamicItem(v)
		default:
			r.honoType(v)
		}
	}
}

// honoIsOrigin reports whether an expression in a function is the origin of the
// request: its first parameter, or a header of its second one.
func honoIsOrigin(s *jsSettings, f *js.Function, e js.Range) bool {
	if e.End == e.Start+1 {
		d := s.Decl(e.Start)
		return len(f.Names) > 0 && f.Names[0] != "" && s.At(e.Start) == f.Names[0] && d != nil && d.Scope == f.Range && s.Constant(d)
	}
	return len(f.Names) > 1 && s.At(e.Start) == f.Names[1] && strings.EqualFold(s.tight(js.Range{Start: e.Start + 1, End: e.End}), ".req.header('origin')")
}
