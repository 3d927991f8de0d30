package stacks

import (
	"slices"
	"strings"
)

// mount finds the paths of the app below which routers are.
func (c *expressChange) mount() {
	c.mounts = map[*jsUse][]string{}
	mounts := expressMounts(c.files)
	for _, x := range c.files {
		for _, u := range x.uses {
			if mounts.isRouter(&x.jsApp, u) {
				c.mounts[u] = mounts.below(&x.jsApp, u)
			}
		}
	}
}

// expressMounts says where the routers of files are used.
func expressMounts(files []*expressFile) *jsMounts {
	var list []*jsApp
	for _, x := range files {
		list = append(list, &x.jsApp)
	}
	return newMounts(list)
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
