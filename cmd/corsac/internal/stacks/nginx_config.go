package stacks

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/nginxconf"
)

// nginxNode is a directive in its place: what an include names stands where the
// include does, so that a file that is included twice has two sets of nodes.
type nginxNode struct {
	*nginxconf.Directive
	file     *source.File
	parent   *nginxNode // nil for the top of a file
	children []*nginxNode
	byKind   map[string][]*nginxNode // the children, by their kind
	codes    []*nginxNode            // the children that nginx carries out in their order
	cors     []*nginxNode            // see corsHeaders
	order    int                     // of all nodes
	// condition is that of an if.
	condition nginxCondition
	kind      string // the name; at the top of a file, the block that it must stand in
}

// span is where a node is in its file.
func (n *nginxNode) span() source.Span {
	if n.Directive == nil {
		return source.Span{Start: 0, End: len(n.file.Text)}
	}
	return source.Span{Start: n.Start, End: n.End}
}

// arg returns the i-th parameter, beginning with 1, or "".
func (n *nginxNode) arg(i int) string {
	if n.Directive == nil || i >= len(n.Words) {
		return ""
	}
	return n.Words[i].Text
}

// args returns all parameters.
func (n *nginxNode) args() (list []string) {
	if n.Directive == nil {
		return nil
	}
	for _, w := range n.Words[1:] {
		list = append(list, w.Text)
	}
	return list
}

// each calls f for the node and all below it.
func (n *nginxNode) each(f func(*nginxNode)) {
	f(n)
	for _, c := range n.children {
		c.each(f)
	}
}

// named returns the children with one of the names.
func (n *nginxNode) named(names ...string) (list []*nginxNode) {
	if len(names) == 1 {
		return slices.Clip(n.byKind[names[0]])
	}
	for _, name := range names {
		list = append(list, n.byKind[name]...)
	}
	slices.SortFunc(list, func(a, b *nginxNode) int { return a.order - b.order })
	return list
}

// add adds a child.
func (n *nginxNode) add(c *nginxNode) {
	n.children = append(n.children, c)
	if n.byKind == nil {
		n.byKind = map[string][]*nginxNode{}
	}
	n.byKind[c.kind] = append(n.byKind[c.kind], c)
	if slices.Contains([]string{"set", "if", "return", "break"}, c.kind) {
		n.codes = append(n.codes, c)
	}
	if c.kind == "if" {
		c.readCondition()
	}
	switch {
	case c.kind == "if" && n.kind != "if":
		n.cors = append(n.cors, c.cors...)
	case c.setsCORS():
		n.cors = append(n.cors, c)
	}
}

// up returns the node, or the nearest around it, of a kind; or nil.
func (n *nginxNode) up(kind string) *nginxNode {
	for ; n != nil; n = n.parent {
		if n.kind == kind {
			return n
		}
	}
	return nil
}

// inherited returns the directives of some names that apply in a block: its own,
// or those of the nearest block around it that has any. So nginx inherits what is
// a list.
func (n *nginxNode) inherited(names ...string) []*nginxNode {
	for ; n != nil; n = n.parent {
		if list := n.named(names...); len(list) > 0 {
			return list
		}
	}
	return nil
}

// nginxConfig is the configuration of a project: one for nginx.conf with all that
// it includes, and one for each file that nothing includes.
type nginxConfig struct {
	tops []*nginxNode
	// broken are files that are nginx's, but cannot be read.
	broken []nginxBroken
	// maps are the map blocks, by the name of their variable, and taken the
	// names of all variables that the files define.
	maps  map[string]*nginxNode
	taken map[string]bool
	// left are the includes that could not be followed.
	left []*nginxNode
	// expressions are compiled ones, by their text; nil for what RE2 has not.
	expressions map[string]*regexp.Regexp
	// found are the entries of maps, and the locations in blocks, that have been
	// looked for.
	found map[nginxSubject]*nginxNode
	// locations are those in blocks, and upstreams the blocks with servers, by
	// name.
	locations map[*nginxNode]*nginxLocations
	upstreams map[string]*nginxNode
	// readings are the meanings of expressions.
	readings map[nginxCompared]*nginxReading
	// samples are strings that expressions match.
	samples map[nginxCompared]string
	// behaviours are those that have been found out.
	behaviours map[*nginxNode]*nginxBehaviour
	// policies are those of blocks.
	policies knownPolicies
	// work counts the directives and entries that were looked at, about 100 ns of
	// work each.
	work int
}

// large reports whether the configuration is too large to find out what nginx does
// with it.
func (c *nginxConfig) large() bool { return c.work > nginxMaxWork }

type nginxBroken struct {
	file *source.File
	*nginxconf.Error
}

// Bounds on the work with a configuration.
const (
	nginxMaxWork     = 3_000_000
	nginxMaxNodes    = 200_000
	nginxMaxIncludes = 16 // in each other
)

// nginxFileNames are the patterns for names of files.
var nginxFileNames = []string{"nginx.conf", "*.conf", "nginx.conf.template", "*.conf.template", "*.nginx", "*.vhost"}

// nginxLoader reads the configuration of a project.
type nginxLoader struct {
	tree *source.Tree
	// changed are texts in the place of those of files.
	changed  map[string]string
	config   *nginxConfig
	included map[string]bool
	base     string // the folder of the file at the top, where includes begin
	sections []*nginxSection
	nodes    int
}

// loadNginx reads the files of a project. changed has texts in the place of those
// that files have.
func loadNginx(t *source.Tree, changed map[string]string) *nginxConfig {
	config := &nginxConfig{
		maps: map[string]*nginxNode{}, taken: map[string]bool{}, expressions: map[string]*regexp.Regexp{}, found: map[nginxSubject]*nginxNode{},
		behaviours: map[*nginxNode]*nginxBehaviour{}, locations: map[*nginxNode]*nginxLocations{}, upstreams: map[string]*nginxNode{}, readings: map[nginxCompared]*nginxReading{}, samples: map[nginxCompared]string{},
		policies: knownPolicies{},
	}
	l := &nginxLoader{tree: t, changed: changed, config: config, included: map[string]bool{}}
	names := l.names()
	for _, name := range names { // nginx.conf first: what it includes is not a top
		if strings.HasPrefix(path.Base(name), "nginx.conf") {
			l.top(name)
		}
	}
	for _, name := range names {
		if !l.included[name] {
			l.top(name)
		}
	}
	for _, top := range l.config.tops {
		top.each(l.define)
	}
	return l.config
}

// names returns the names of the files that may be nginx's.
func (l *nginxLoader) names() []string {
	names := l.tree.Names(nginxFileNames...)
	for _, name := range l.tree.Names("*") {
		switch path.Base(path.Dir(name)) {
		case "sites-available", "sites-enabled":
			if !slices.Contains(names, name) && !strings.HasSuffix(name, "~") {
				names = append(names, name)
			}
		}
	}
	return names
}

func (l *nginxLoader) open(name string) *source.File {
	f := l.tree.Open(name)
	if f == nil {
		return nil
	}
	// sites-enabled has links to the files of sites-available.
	if path.Base(path.Dir(name)) == "sites-enabled" {
		other := path.Join(path.Dir(path.Dir(name)), "sites-available", path.Base(name))
		if slices.Contains(l.tree.Glob(path.Join(path.Dir(other), "*")), other) {
			if g := l.tree.Open(other); g != nil && g.Text == f.Text {
				f = g
			}
		}
	}
	l.included[name], l.included[f.Name] = true, true
	if text, ok := l.changed[f.Name]; ok {
		return &source.File{Name: f.Name, Text: text}
	}
	return f
}

// top reads a file that nothing includes.
func (l *nginxLoader) top(name string) {
	if l.included[name] {
		return
	}
	f := l.open(name)
	if f == nil {
		return
	}
	l.base = path.Dir(name)
	directives, err := nginxconf.Parse(f.Text)
	if err != nil {
		if e, ok := err.(*nginxconf.Error); ok && nginxLooks(f) { //nolint:errorlint // Parse returns nothing else
			l.config.broken = append(l.config.broken, nginxBroken{f, e})
		}
		return
	}
	top := &nginxNode{file: f, kind: nginxTopKind(directives)}
	if top.kind == "" {
		return
	}
	if l.sections = nginxSections(f, directives); len(l.sections) > 0 {
		directives = l.sections[0].directives
		l.sections[0].used = true
	}
	l.fill(top, f, directives, []string{name})
	for _, s := range l.sections {
		if !s.used {
			l.fill(top, f, s.directives, []string{name})
		}
	}
	l.config.tops = append(l.config.tops, top)
}

// nginxLooks reports whether a file that cannot be read is nginx's.
func nginxLooks(f *source.File) bool {
	return strings.HasPrefix(path.Base(f.Name), "nginx.conf") || strings.Contains(f.Text, "proxy_pass ") || strings.Contains(f.Text, "add_header ") || strings.Contains(f.Text, "server_name ")
}

// nginxTopKind returns the block that the directives of a file must stand in; "main"
// for those of nginx.conf, and "" for files that are not nginx's.
func nginxTopKind(directives []*nginxconf.Directive) string {
	has := map[string]bool{}
	for _, d := range directives {
		has[d.Name()] = true
		has[d.Name()+"{}"] = d.Block
	}
	switch {
	case has["http{}"]:
		return "main"
	case has["server{}"], has["upstream{}"], has["map{}"]:
		return "http"
	case has["location{}"], has["server_name"], has["listen"]:
		return "server"
	case has["add_header"], has["more_set_headers"], has["proxy_pass"], has["proxy_hide_header"]:
		return "location"
	}
	return ""
}

// fill adds directives of a file to a block, with what they include.
func (l *nginxLoader) fill(in *nginxNode, f *source.File, directives []*nginxconf.Directive, via []string) {
	for _, d := range directives {
		if l.nodes++; l.nodes > nginxMaxNodes {
			return
		}
		n := &nginxNode{Directive: d, file: f, parent: in, order: l.nodes, kind: d.Name()}
		if n.kind == "include" && !d.Block && len(d.Words) == 2 {
			l.include(in, n, via)
			continue
		}
		l.fill(n, f, d.Children, via)
		in.add(n)
	}
}

// include puts the files that an include names in its place.
func (l *nginxLoader) include(in, n *nginxNode, via []string) {
	name, ok := l.tree.Reachable(l.base, n.arg(1))
	if !ok { // /etc/nginx/… of a server whose files are in this project
		if _, after, found := strings.Cut(n.arg(1), "/nginx/"); found {
			name, ok = l.tree.Reachable(l.base, after)
		}
	}
	matches := []string{}
	if ok {
		matches = l.tree.Glob(name)
	}
	if len(matches) == 0 && !l.includeDumped(in, n, via) && !l.mayLack(n) {
		l.config.left = append(l.config.left, n)
	}
	for _, match := range matches {
		if !l.nests(n, via, match) {
			return
		}
		f := l.open(match)
		if f == nil {
			continue
		}
		directives, err := nginxconf.Parse(f.Text)
		if e, ok := err.(*nginxconf.Error); ok { //nolint:errorlint // Parse returns nothing else
			l.config.broken = append(l.config.broken, nginxBroken{f, e})
			continue
		}
		l.fill(in, f, directives, append(slices.Clip(via), match))
	}
}

// nests reports whether a file may be included where others are already; if not, the
// include is one that was left out.
func (l *nginxLoader) nests(n *nginxNode, via []string, name string) bool {
	if len(via) < nginxMaxIncludes && !slices.Contains(via, name) {
		return true
	}
	l.config.left = append(l.config.left, n)
	return false
}

// mayLack reports whether an include of no file is of no interest: the file has
// nothing to do with CORS, or nginx has nothing to include there either.
func (l *nginxLoader) mayLack(n *nginxNode) bool {
	name := n.arg(1)
	if strings.ContainsAny(name, "*?[") {
		alone := len(l.tree.Names("*")) <= 1 // it says nothing about other folders
		return !alone || strings.Contains(name, "/modules-enabled/")
	}
	return nginxOrdinary[path.Base(name)]
}

// nginxOrdinary are files that packages of nginx bring, and that have nothing to
// do with CORS.
var nginxOrdinary = map[string]bool{
	"mime.types": true, "fastcgi_params": true, "fastcgi.conf": true, "uwsgi_params": true, "scgi_params": true, "proxy_params": true, "fastcgi-php.conf": true,
	"options-ssl-nginx.conf": true,
}

// define notes what a node defines.
func (l *nginxLoader) define(n *nginxNode) {
	if n.kind == "upstream" && l.config.upstreams[n.arg(1)] == nil && len(n.named("server")) > 0 {
		l.config.upstreams[n.arg(1)] = n
	}
	name := ""
	switch n.kind {
	case "map", "split_clients":
		name = n.arg(2)
	case "geo":
		name = n.arg(len(n.args()))
	case "set":
		name = n.arg(1)
	case "auth_request_set", "perl_set", "js_set", "js_var", "set_by_lua_block", "set_by_lua_file":
		name = n.arg(1)
	}
	name, ok := strings.CutPrefix(name, "$")
	if !ok {
		return
	}
	l.config.taken[strings.ToLower(name)] = true
	if n.kind == "map" {
		l.config.maps[strings.ToLower(name)] = n
	}
}

// blocks returns the servers and locations, each block before those in it.
func (c *nginxConfig) blocks() (list []*nginxNode) {
	for _, top := range c.tops {
		top.each(func(n *nginxNode) {
			if n.Directive != nil && !n.Block {
				return
			}
			if n.kind == "server" && (n.parent == nil || n.parent.kind == "http") || n.kind == "location" {
				list = append(list, n)
			}
		})
	}
	return list
}
