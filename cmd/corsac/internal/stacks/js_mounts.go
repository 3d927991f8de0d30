package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// maxMounts is how many paths a router may be at, at most.
const maxMounts = 20

// jsMounts says where the routers of a project are used.
type jsMounts struct {
	files   map[string]*jsApp // by their names, without what imports leave out
	routers map[jsRouter]bool
	at      map[jsRouter][]jsMount
	// prefix returns the prefix that a router itself has for a call of its methods,
	// and whether all of it is known; it is nil if routers have none.
	prefix func(r jsRouter, u *jsUse) (prefix string, known bool)
}

// jsRouter is a router of a file; object is "" for what the file exports.
type jsRouter struct {
	file   *jsApp
	object string
}

// jsMount is a call of use that has a router as an argument.
type jsMount struct {
	file *jsApp
	use  *jsUse
}

// newMounts finds where the routers of files are used.
func newMounts(list []*jsApp) *jsMounts {
	m := &jsMounts{files: map[string]*jsApp{}, routers: map[jsRouter]bool{}, at: map[jsRouter][]jsMount{}}
	for _, x := range list {
		m.files[bareName(x.file.Name)] = x
		for _, c := range x.routers {
			m.routers[jsRouter{x, x.Source(c.Range)}] = true
			if x.At(c.Start-1) == "." { // express.Router()
				c.Start = x.Receiver(c.Start).Start
			}
			m.routers[jsRouter{x, x.Source(c.Range)}] = true
			if name := x.declaredBy(c); name != "" {
				m.routers[jsRouter{x, name}] = true
			}
		}
	}
	for _, x := range list {
		for _, u := range x.uses {
			if u.method != "use" {
				continue
			}
			for _, h := range u.handlers {
				if r := m.routerAt(x, h); r.file != nil {
					m.at[r] = append(m.at[r], jsMount{x, u})
				}
			}
		}
	}
	return m
}

// bareName returns the name of a file without what imports leave out at its end.
func bareName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, path.Ext(name)), "/index")
}

// routerAt returns the router that an argument is, or one that another file exports.
func (m *jsMounts) routerAt(x *jsApp, h js.Range) jsRouter {
	text := strings.TrimSuffix(strings.TrimSuffix(x.Source(h), ".routes()"), ".middleware()")
	if r := (jsRouter{x, text}); m.routers[r] {
		return r
	}
	module, _ := x.RequireAt(h.Start)
	if d := x.Decl(h.Start); module == "" && d != nil && text == d.Name {
		module = d.Module
	}
	if !strings.HasPrefix(module, ".") {
		return jsRouter{}
	}
	to := path.Join(path.Dir(x.file.Name), module)
	if f := m.files[to]; f != nil {
		return jsRouter{file: f}
	}
	return jsRouter{file: m.files[bareName(to)]}
}

// isRouter reports whether a call is one of a method of a router.
func (m *jsMounts) isRouter(x *jsApp, u *jsUse) bool { return m.routers[jsRouter{x, u.object}] }

// below returns the paths below which a router has the requests of a call of its
// methods; none if that is not known.
func (m *jsMounts) below(x *jsApp, u *jsUse) []string { return m.paths(jsRouter{x, u.object}, u, 0) }

func (m *jsMounts) paths(r jsRouter, u *jsUse, depth int) (list []string) {
	own := ""
	if m.prefix != nil {
		own, _ = m.prefix(r, u)
	}
	for _, at := range slices.Concat(m.at[r], m.at[jsRouter{file: r.file}]) {
		outer := []string{""}
		if depth < maxImports && m.isRouter(at.file, at.use) {
			if known := m.paths(jsRouter{at.file, at.use.object}, at.use, depth+1); len(known) > 0 {
				outer = known
			}
		}
		for _, p := range outer {
			p = joinPaths(joinPaths(p, at.use.path), own)
			if !slices.Contains(list, p) && len(list) < maxMounts {
				list = append(list, p)
			}
		}
	}
	if len(list) == 0 && own != "" {
		list = []string{own}
	}
	return list
}

// joinPaths returns a path below another.
func joinPaths(outer, inner string) string {
	if strings.Trim(inner, "/") == "" && outer != "" {
		return outer
	}
	return strings.TrimSuffix(outer, "/") + inner
}

// pathOf returns the path of a call of a method of an app or router, with those that
// the router is below, and remarks the others if there are several.
func (m *jsMounts) pathOf(s *jsSettings, x *jsApp, u *jsUse, r js.Range) string {
	if !m.isRouter(x, u) {
		return u.path
	}
	if m.prefix != nil {
		if _, known := m.prefix(jsRouter{x, u.object}, u); !known {
			s.remark(Dynamic, "", "The prefix of the router is known only when the program runs.", r)
		}
	}
	list := m.below(x, u)
	if len(list) == 0 {
		return u.path
	}
	if len(list) > 1 {
		s.remark(Lost, "", "The router is also used below "+strings.Join(list[1:], " and ")+", which is not carried over.", r)
	}
	return joinPaths(list[0], u.path)
}
