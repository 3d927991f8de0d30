package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// readExpress returns the places of an Express project that set CORS headers: the
// calls of cors(…), and functions that set the headers by hand.
func readExpress(t *source.Tree) (sites []*Site) {
	five := expressVersion(t) >= 5
	files := expressSources(t)
	mounts := expressMounts(files)
	for _, x := range files {
		var found []*Site
		for _, c := range x.cors {
			found = append(found, x.readCall(c, five, mounts))
		}
		found = append(found, x.notCalled(expressNotCalled, true)...)
		for _, h := range x.hands {
			found = append(found, x.readHandler(h))
		}
		x.orderFaults(found)
		sites = append(sites, sorted(found)...)
	}
	return once(sites)
}

// readCall reads a call of cors(…).
func (x *expressFile) readCall(c js.Call, five bool, mounts *jsMounts) *Site {
	s := &jsSettings{jsFile: x.jsFile}
	s.readArgs(npmCorsPackage, c.Range, c.Args)
	title, path := "cors(…)", ""
	uses := x.usesOf(c)
	if len(uses) > 0 && !slices.ContainsFunc(uses, func(u *jsUse) bool { return !x.preflightsOnly(u) }) {
		s.draft = Draft{}
		s.remark(Lost, "", "It answers preflights only: the responses to the requests after them get no headers from it.", c.Range)
	}
	for _, u := range uses {
		title, path = u.object+"."+u.method+"(cors(…))", mounts.pathOf(s, &x.jsApp, u, c.Range)
		x.place(s, c, u, five)
		break
	}
	return s.site(title, strings.TrimSuffix(path, "*"), c.Range)
}

// preflightsOnly reports whether a call is for OPTIONS only, and no other one sets
// CORS headers of the responses for a path of it.
func (x *expressFile) preflightsOnly(u *jsUse) bool {
	every := strings.Trim(u.path, "/*") == "" || strings.ContainsAny(u.path, "*{(")
	return u.method == "options" && !slices.ContainsFunc(x.uses, func(o *jsUse) bool {
		covers := every || o.path == "" || o.unclear || samePath(o.path, u.path) || strings.HasPrefix(u.path, strings.TrimSuffix(o.path, "/")+"/")
		return o.method != "options" && o.method != "listen" && covers && x.hasCors(o)
	})
}

// expressResponse is how Express sets headers.
var expressResponse = &jsResponse{
	setters: []string{"set", "header", "setHeader", "append", "appendHeader", "writeHead"},
	has:     func(k, n int) bool { return k == 1 && n < 4 || k == 2 && n == 4 },
}

// middleware returns the call of use that adds a function to an app, or nil if it
// is that of a route, or unknown.
func (x *expressFile) middleware(h *hand) *jsUse {
	u := x.adds[h.function]
	if u == nil {
		u = h.use
	}
	if u == nil || u.method != "use" && (u.method != "all" || u.path != "*" && u.path != "/*") {
		return nil
	}
	return u
}

// findUsers finds the files that use functions which others export.
func findUsers(list []*expressFile) {
	for _, x := range list {
		for _, h := range x.hands {
			if x.adds[h.function] == nil {
				x.findUser(h, list)
			}
		}
	}
}

// findUser finds the one file that uses a function which this one exports.
func (x *expressFile) findUser(h *hand, list []*expressFile) {
	for _, y := range list {
		for _, d := range y.Modules() {
			if y == x || !sameModule(y.file.Name, d.Module, x.file.Name) {
				continue
			}
			v, ok := x.Export(d.Imported, nil)
			if !ok || v.Kind != js.FunctionValue || v.Function != h.function {
				continue
			}
			for _, i := range y.Uses(d) {
				if u := y.useOf(i); u != nil {
					if h.use != nil {
						h.user, h.use = nil, nil
						return
					}
					h.user, h.use = y, u
				}
			}
		}
	}
}

// readHandler reads a function that sets headers by hand.
func (x *expressFile) readHandler(h *hand) *Site {
	p := handPlace{rules: npmRules, use: x.middleware(h), beside: len(x.cors) > 0 || h.user != nil && len(h.user.cors) > 0}
	if p.use != nil {
		p.path = p.use.path
	}
	site := x.readHand(h, &p)
	if u := x.adds[h.function]; p.use == nil && u != nil && strings.HasPrefix(u.path, "/") { // a handler of a route
		site.Path, site.Exact = u.path, true
	}
	return site
}

// place reports mistakes in where a call of cors stands.
func (x *expressFile) place(s *jsSettings, c js.Call, u *jsUse, five bool) {
	if u.method != "use" && u.method != "all" && u.method != "options" {
		if !x.hasOptions(u) {
			s.fault(expressSingleRoute, u.whole())
		}
		return
	}
	if u.method == "options" {
		if five && (u.path == "*" || u.path == "/*") {
			s.fault(expressStarPath, u.Args[0], x.withoutUse(u)...)
		}
		if !slices.ContainsFunc(x.uses, func(o *jsUse) bool { return o.method != "options" && o.method != "listen" && x.hasCors(o) }) && len(x.hands) == 0 {
			s.fault(expressOptionsOnly, u.whole())
		}
		return
	}
	if u.method == "use" && !s.broke(npmRules.preflightContinue) {
		x.unreached(s, u)
	}
	s.late(&x.jsApp, c, u, func(before *jsUse) *Rule { return before.late })
}

// unreached reports routes for OPTIONS that a call of cors before them hides.
func (x *expressFile) unreached(s *jsSettings, u *jsUse) {
	for _, o := range x.uses {
		hidden := u.path == "" || samePath(u.path, o.path) || strings.HasPrefix(o.path, strings.TrimSuffix(u.path, "/")+"/")
		if o.Start > u.Start && o.method == "options" && o.object == u.object && hidden && len(o.handlers) > 0 && !x.hasCors(o) && x.Function(o.Start) == x.Function(u.Start) {
			s.fault(expressOptionsUnreached, o.whole())
		}
	}
}

// withoutUse returns edits that take away a statement that calls a method with
// cors only, if another call answers the preflights.
func (x *expressFile) withoutUse(u *jsUse) []source.Edit {
	other := slices.ContainsFunc(x.uses, func(o *jsUse) bool { return o.method == "use" && o.path == "" && x.hasCors(o) })
	s, ok := x.Statement(u.Start)
	if !other || !ok || len(u.handlers) != 1 || s.Start != u.receiver.Start {
		return nil
	}
	return []source.Edit{x.withoutStatement(s)}
}

// lateAfter returns the rule that a call of cors after u breaks, or nil.
func (x *expressFile) lateAfter(u *jsUse) *Rule {
	if u.route {
		return expressPlaces.afterRoutes
	}
	if u.method != "use" || x.hasCors(u) {
		return nil
	}
	for _, r := range u.handlers {
		name := x.calleeOf(r)
		if v := x.Value(r); v.Kind == js.FunctionValue {
			if len(v.Function.Params) < 4 && strings.Contains(x.Source(v.Function.Body), "401") {
				return expressPlaces.afterAuth
			}
			continue
		}
		switch {
		case parserName.MatchString(name):
			return expressAfterParser
		case authName.MatchString(name) && !harmlessName.MatchString(name):
			return expressPlaces.afterAuth
		}
	}
	return nil
}

// hasOptions reports whether OPTIONS of a route's path has cors, too.
func (x *expressFile) hasOptions(u *jsUse) bool {
	return slices.ContainsFunc(x.uses, func(o *jsUse) bool {
		covers := o.path == "" || o.path == u.path || strings.HasPrefix(o.path, "*") || strings.HasPrefix(o.path, "/*") || strings.HasPrefix(o.path, "/{*") || strings.HasPrefix(u.path, strings.TrimSuffix(o.path, "/")+"/")
		return (o.method == "options" || o.method == "use" || o.method == "all") && covers && x.hasCors(o)
	})
}

// orderFaults adds the mistakes that several places of a file make together.
func (x *expressFile) orderFaults(sites []*Site) {
	add := func(site *Site, rule *Rule, r js.Range) {
		s := &jsSettings{jsFile: x.jsFile}
		s.fault(rule, r)
		site.Faults = append(site.Faults, s.faults...)
	}
	var first *jsUse
	for _, u := range x.uses {
		if u.method != "use" || !x.hasCors(u) || u.path != "" || u.unclear {
			continue
		}
		if first != nil && first.object == u.object && x.Function(first.Start) == x.Function(u.Start) {
			if site := siteAt(sites, x.Span(u.Range)); site != nil {
				add(site, expressPlaces.twice, u.whole())
			}
		}
		first = u
	}
	if len(sites) == 0 {
		return
	}
	for _, u := range x.uses {
		if f := x.errorHandler(u); f != nil {
			if slices.ContainsFunc(x.uses, func(o *jsUse) bool {
				return o.Start > u.Start && o.object == u.object && o.route && x.Function(o.Start) == x.Function(u.Start)
			}) {
				add(sites[0], expressErrorHandler, u.whole())
			}
			if x.Mentions(f.Body, "removeHeader") {
				add(sites[0], expressErrorDrops, u.whole())
			}
		}
	}
}

// siteAt returns the site inside of a span, or nil.
func siteAt(sites []*Site, s source.Span) *Site {
	for _, site := range sites {
		if site.Start >= s.Start && site.End <= s.End {
			return site
		}
	}
	return nil
}

// errorHandler returns the function with four parameters that a call adds, or
// nil.
func (x *expressFile) errorHandler(u *jsUse) *js.Function {
	if u.method != "use" || len(u.handlers) == 0 {
		return nil
	}
	v := x.Value(u.handlers[len(u.handlers)-1])
	if v.Kind != js.FunctionValue || len(v.Function.Params) != 4 {
		return nil
	}
	return v.Function
}

// expressVersion returns the major version of Express that package.json asks for;
// 0 if it is not known.
func expressVersion(t *source.Tree) int {
	for _, f := range t.Files("package.json") {
		if p := openPackage(t, f); p != nil {
			if v := p.version("express"); v != "" {
				for _, c := range v {
					if c >= '0' && c <= '9' {
						return int(c - '0')
					}
				}
			}
		}
	}
	return 0
}
