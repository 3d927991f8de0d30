package stacks

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/apacheconf"
)

// apacheFileNames are the names that files of Apache have.
var apacheFileNames = []string{"httpd.conf", "apache2.conf", ".htaccess", "*.conf"}

// apacheNode is a directive or section, with what is included in its place.
type apacheNode struct {
	*apacheconf.Directive

	file     *source.File
	parent   *apacheNode
	children []*apacheNode
	kind     string   // the name in lower case
	args     []string // with what is defined filled in

	byKind map[string][]*apacheNode // what named has found
}

// arg returns an argument; "" if there are fewer.
func (n *apacheNode) arg(i int) string {
	if i < 0 || i >= len(n.args) {
		return ""
	}
	return n.args[i]
}

// whole returns where a directive is; of a section it is the first line.
func (n *apacheNode) whole() proxyPlace {
	end := n.End
	if n.Section {
		end = n.Start + len(strings.TrimRight(n.file.Text[n.Start:n.file.LineEnd(n.Start)], "\r\n"))
	}
	return proxyPlace{n.file, source.Span{Start: n.Start, End: end}}
}

// argAt returns where an argument is.
func (n *apacheNode) argAt(i int) proxyPlace {
	if i >= len(n.Args) {
		return n.whole()
	}
	return proxyPlace{n.file, source.Span{Start: n.Args[i].Start, End: n.Args[i].End}}
}

// apacheConfig is the configuration of Apache in a project.
type apacheConfig struct {
	tree    *source.Tree
	engine  proxyEngine
	tops    []*apacheNode
	broken  []brokenFile
	defined map[string]string
	root    string // ServerRoot, below the root of the tree
	nodes   int
}

// apacheMaxNodes bounds the directives of a project, with what is included.
const apacheMaxNodes = 100_000

// loadApache reads the files of a tree. Files that others include are read in
// their place.
func loadApache(t *source.Tree) *apacheConfig {
	c := &apacheConfig{tree: t, defined: map[string]string{}}
	parsed := map[string][]*apacheconf.Directive{}
	included, texts := map[string]bool{}, map[string]bool{}
	files := t.Files(apacheFileNames...)
	for _, f := range files {
		list, err := apacheconf.Parse(f.Text)
		if !apacheLike(f, list) {
			continue
		}
		if err != nil {
			b := brokenFile{file: f, problem: err.Error()}
			if e, ok := err.(*apacheconf.Error); ok { //nolint:errorlint // Parse returns it as it is
				b.offset = e.Offset
			}
			c.broken = append(c.broken, b)
			continue
		}
		parsed[f.Name] = list
		c.includes(f, list, included)
	}
	for _, f := range files {
		list, ok := parsed[f.Name]
		if !ok || included[f.Name] || texts[f.Text] {
			continue
		}
		texts[f.Text] = true // sites-available has what sites-enabled has
		top := &apacheNode{file: f, kind: "server", Directive: &apacheconf.Directive{Section: true, End: len(f.Text)}}
		if path.Base(f.Name) == ".htaccess" {
			top.kind = ".htaccess"
		}
		top.children = c.expand(f, list, top, 0, texts)
		c.tops = append(c.tops, top)
	}
	return c
}

// apacheSections are the sections that show that a file is one of Apache.
var apacheSections = []string{"virtualhost", "directory", "location", "locationmatch", "ifmodule", "files", "filesmatch", "if", "proxy", "limit", "limitexcept"}

// apacheLike reports whether a file is one of Apache: many programs have files
// named .conf.
func apacheLike(f *source.File, list []*apacheconf.Directive) bool {
	if name := path.Base(f.Name); name == "httpd.conf" || name == "apache2.conf" || name == ".htaccess" {
		return true
	}
	return slices.ContainsFunc(list, func(d *apacheconf.Directive) bool {
		return d.Section && slices.Contains(apacheSections, strings.ToLower(d.Name.Text)) || d.Is("LoadModule") || d.Is("Header") && len(d.Args) > 1
	})
}

// includes notes the files that directives include.
func (c *apacheConfig) includes(f *source.File, list []*apacheconf.Directive, included map[string]bool) {
	for _, d := range list {
		switch {
		case d.Is("ServerRoot"):
			if name, ok := c.tree.Reachable(".", d.Arg(0)); ok {
				c.root = name
			}
		case d.Is("Define") && len(d.Args) > 1:
			c.defined[d.Arg(0)] = d.Arg(1)
		case d.Is("Include"), d.Is("IncludeOptional"):
			for _, name := range c.files(f, d.Arg(0)) {
				included[name] = true
			}
		}
		c.includes(f, d.Children, included)
	}
}

// files returns the names of the files that an include is about.
func (c *apacheConfig) files(from *source.File, pattern string) (names []string) {
	for _, folder := range []string{c.root, path.Dir(from.Name), "."} {
		name, ok := c.tree.Reachable(folder, c.fill(pattern))
		if !ok || strings.Contains(name, proxyUnknown) {
			continue
		}
		if names = c.tree.Glob(name); len(names) > 0 {
			break
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == from.Name })
}

// apacheVariable is what Define defines.
var apacheVariable = regexp.MustCompile(`\$\{([^{}]*)\}`)

// fill fills in what is defined; the rest is of the environment, and not known.
func (c *apacheConfig) fill(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return apacheVariable.ReplaceAllStringFunc(text, func(s string) string {
		if v, ok := c.defined[s[2:len(s)-1]]; ok && !strings.Contains(v, "${") {
			return v
		}
		return proxyUnknown
	})
}

// expand returns directives with the includes carried out, and without the
// sections that only say which modules there are.
func (c *apacheConfig) expand(f *source.File, list []*apacheconf.Directive, parent *apacheNode, depth int, texts map[string]bool) (nodes []*apacheNode) {
	for _, d := range list {
		if c.nodes++; c.nodes > apacheMaxNodes || depth > apacheconf.MaxDepth {
			c.engine.work = proxyMaxWork
			return nodes
		}
		n := &apacheNode{Directive: d, file: f, parent: parent, kind: strings.ToLower(d.Name.Text)}
		for _, w := range d.Args {
			n.args = append(n.args, c.fill(w.Text))
		}
		switch n.kind {
		case "include", "includeoptional":
			for _, name := range c.files(f, d.Arg(0)) {
				file := c.tree.Open(name)
				if file == nil || depth > 10 {
					continue
				}
				texts[file.Text] = true
				more, err := apacheconf.Parse(file.Text)
				if err == nil {
					nodes = append(nodes, c.expand(file, more, parent, depth+1, texts)...)
				}
			}
		case "ifmodule", "ifdefine", "ifversion", "iffile":
			if !strings.HasPrefix(d.Arg(0), "!") {
				nodes = append(nodes, c.expand(f, d.Children, parent, depth+1, texts)...)
			}
		default:
			n.children = c.expand(f, d.Children, n, depth+1, texts)
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// isContext reports whether a node is a place that has directives of its own.
func (n *apacheNode) isContext() bool {
	switch n.kind {
	case "server", ".htaccess", "virtualhost", "directory", "directorymatch", "location", "locationmatch", "files", "filesmatch", "proxy", "proxymatch":
		return n.Section
	}
	return false
}

// ofServer reports whether a context is that of a server, and not of a folder or
// path.
func (n *apacheNode) ofServer() bool { return n.kind == "server" || n.kind == "virtualhost" }

// inside calls f for the directives of a context, and of the sections in it that
// are not contexts.
func (n *apacheNode) inside(f func(*apacheNode)) {
	for _, c := range n.children {
		f(c)
		if c.Section && !c.isContext() {
			c.inside(f)
		}
	}
}

// named returns the directives of a context that have one of the names.
func (n *apacheNode) named(kinds ...string) (list []*apacheNode) {
	key := strings.Join(kinds, " ")
	if list, ok := n.byKind[key]; ok {
		return list
	}
	n.inside(func(c *apacheNode) {
		if slices.Contains(kinds, c.kind) {
			list = append(list, c)
		}
	})
	if n.byKind == nil {
		n.byKind = map[string][]*apacheNode{}
	}
	n.byKind[key] = list
	return list
}

// apacheHeader is a line of Header.
type apacheHeader struct {
	node   *apacheNode
	always bool
	// word is the index of the argument that is the action.
	word         int
	action, name string
	condition    string // env=… or expr=…
	early        bool
}

// header returns what a line of Header says; ok is false for another directive.
func (n *apacheNode) header() (h apacheHeader, ok bool) {
	if n.kind != "header" || n.Section {
		return h, false
	}
	h.node = n
	switch strings.ToLower(n.arg(0)) {
	case "always":
		h.always, h.word = true, 1
	case "onsuccess":
		h.word = 1
	}
	h.action, h.name = strings.ToLower(n.arg(h.word)), strings.TrimSuffix(n.arg(h.word+1), ":")
	last := n.arg(len(n.args) - 1)
	if len(n.args) > h.word+2 {
		switch {
		case strings.EqualFold(last, "early"):
			h.early = true
		case strings.HasPrefix(last, "env="), strings.HasPrefix(last, "expr=") && (len(n.args) > h.word+3 || h.action == "unset"):
			h.condition = last
		}
	}
	return h, h.name != ""
}

// sets reports whether a line sends a header.
func (h *apacheHeader) sets() bool {
	return slices.Contains([]string{"set", "add", "append", "merge", "setifempty"}, h.action)
}

// setsCORS reports whether a context sets a header of the CORS protocol.
func (n *apacheNode) setsCORS() (yes bool) {
	n.inside(func(c *apacheNode) {
		h, ok := c.header()
		yes = yes || ok && h.sets() && isCORSHeader(h.name)
	})
	return yes
}

// chain returns the contexts around a node and itself, the outermost first.
func (n *apacheNode) chain() (list []*apacheNode) {
	for ; n != nil; n = n.parent {
		if n.isContext() {
			list = append(list, n)
		}
	}
	slices.Reverse(list)
	return list
}
