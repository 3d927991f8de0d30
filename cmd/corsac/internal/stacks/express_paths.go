package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// mount finds the paths of the app below which routers are.
func (c *expressChange) mount() {
	c.mounts = map[*jsUse][]string{}
	for _, x := range c.files {
		for _, router := range x.routers {
			if x.At(router.Start-1) == "." { // express.Router()
				router.Start = x.Receiver(router.Start).Start
			}
			name := x.declaredBy(router)
			paths := c.mountsOf(x, name)
			for _, u := range x.uses {
				if name != "" && u.object == name {
					c.mounts[u] = paths
				}
			}
		}
	}
}

// mountsOf returns the paths of the app below which a router of a file is.
func (c *expressChange) mountsOf(x *expressFile, router string) (paths []string) {
	app := c.home.declaredBy(c.app)
	for _, u := range c.home.uses {
		mounts := u.object == app && u.method == "use" && slices.ContainsFunc(u.handlers, func(h js.Range) bool {
			return x == c.home && x.Source(h) == router || x != c.home && c.imports(h, x)
		})
		if mounts {
			paths = append(paths, u.path)
		}
	}
	return paths
}

// imports reports whether an expression of the app's file is what another file
// exports.
func (c *expressChange) imports(h js.Range, x *expressFile) bool {
	for _, d := range c.home.Modules() {
		if sameModule(c.home.file.Name, d.Module, x.file.Name) && slices.Contains(c.home.Uses(d), h.Start) {
			return true
		}
	}
	module, ok := strings.CutPrefix(c.home.Source(h), "require(")
	return ok && sameModule(c.home.file.Name, strings.Trim(module, "'\"`)"), x.file.Name)
}

// pathsOf returns the prefixes of the paths that a call is about; "" is all.
func (c *expressChange) pathsOf(u *jsUse) []string {
	if u == nil || len(c.mounts[u]) == 0 {
		path := ""
		if u != nil {
			path = strings.Trim(u.path, "/*")
		}
		return []string{path}
	}
	var paths []string
	for _, mount := range c.mounts[u] {
		paths = append(paths, strings.Trim(strings.Trim(mount, "/*")+"/"+strings.Trim(u.path, "/*"), "/"))
	}
	return paths
}

// concerns reports whether a call is about paths that are to be changed.
func (c *expressChange) concerns(u *jsUse) bool {
	return c.want.Path == "" || slices.ContainsFunc(c.pathsOf(u), func(p string) bool { return p == "" || below("/"+p, c.want.Path) })
}

// wider reports whether a call is about other paths, too, besides those that are to
// be changed.
func (c *expressChange) wider(u *jsUse) bool {
	if strings.Trim(c.want.Path, "/*") == "" || u == nil || u.method != "use" {
		return false
	}
	concerned := false
	other := false
	for _, p := range c.pathsOf(u) {
		switch {
		case p == "" || below(c.want.Path, "/"+p) && !samePath(p, c.want.Path):
			return true
		case below("/"+p, c.want.Path):
			concerned = true
		default:
			other = true
		}
	}
	return concerned && other
}
