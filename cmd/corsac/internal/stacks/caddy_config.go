package stacks

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/caddyfile"
)

// caddyNode is a directive, with the imports in its block carried out.
type caddyNode struct {
	*caddyfile.Directive

	file     *source.File
	words    []caddyWord
	children []*caddyNode
	parent   *caddyNode

	inOrder  []*caddyNode          // children, sorted as Caddy does
	matchers map[string]*caddyNode // the definitions among children
}

// caddyWord is a word of a directive. In its text, arguments of imports are filled
// in, and variables of the environment are unknown.
type caddyWord struct {
	text  string
	quote byte
	at    proxyPlace
}

// word returns the text of a word; "" if there are fewer.
func (n *caddyNode) word(i int) string {
	if i < 0 || i >= len(n.words) {
		return ""
	}
	return n.words[i].text
}

// head returns where a directive is, without its block.
func (n *caddyNode) head() proxyPlace {
	end := n.End
	if n.Block && len(n.Words) > 0 {
		end = n.Words[len(n.Words)-1].End
	}
	return proxyPlace{n.file, source.Span{Start: n.Start, End: end}}
}

// each calls f for a directive and all in its block.
func (n *caddyNode) each(f func(*caddyNode)) {
	f(n)
	for _, c := range n.children {
		c.each(f)
	}
}

// caddyConfig is the Caddyfiles of a project.
type caddyConfig struct {
	tree     *source.Tree
	engine   proxyEngine
	snippets map[string][]*caddyfile.Directive
	origins  map[string]*source.File // the file of each snippet
	sites    []*caddyHostBlock
	broken   []brokenFile
	order    []string
	nodes    int
	// importing is how many imports are being carried out, one in the other.
	importing int
}

// caddyHostBlock is the block of an address.
type caddyHostBlock struct {
	*caddyNode

	order []string // of directives
}

// brokenFile is a file whose syntax a server does not read.
type brokenFile struct {
	file    *source.File
	offset  int
	problem string
}

// caddyFileNames are the names that Caddyfiles have.
var caddyFileNames = []string{"Caddyfile", "Caddyfile.*", "*.Caddyfile", "*.caddyfile", "*.caddy"}

// caddyMaxNodes bounds the directives of a project, with what is imported.
const caddyMaxNodes = 100_000

// caddyMaxImports is how many imports may be in each other. Caddy refuses those
// that import themselves.
const caddyMaxImports = 10

// loadCaddy reads the Caddyfiles of a tree. Files that others import are read in
// their place.
func loadCaddy(t *source.Tree) *caddyConfig {
	c := &caddyConfig{tree: t}
	parsed := map[string][]*caddyfile.Directive{}
	files := t.Files(caddyFileNames...)
	imported := map[string]bool{}
	for _, f := range files {
		list, err := caddyfile.Parse(f.Text)
		if err != nil {
			c.broken = append(c.broken, broken(f, err))
			continue
		}
		parsed[f.Name] = list
		c.imports(f, list, 0, imported)
	}
	for _, f := range files {
		if list, ok := parsed[f.Name]; ok && !imported[f.Name] {
			c.file(f, list)
		}
	}
	return c
}

func broken(f *source.File, err error) brokenFile {
	b := brokenFile{file: f, problem: err.Error()}
	if e, ok := err.(*caddyfile.Error); ok { //nolint:errorlint // Parse returns it as it is
		b.offset = e.Offset
	}
	return b
}

// site returns the site of a file that was not read.
func (b *brokenFile) site(title string) *Site {
	at := source.Span{Start: min(b.offset, len(b.file.Text)), End: min(b.offset+1, len(b.file.Text))}
	remark := Remark{Lost, "", title + "'s syntax is broken here, so the file was not read: " + b.problem + ".", b.file, at}
	return &Site{Title: "the file", File: b.file, Span: at, Draft: Draft{Remarks: []Remark{remark}}}
}

// imports notes the files that directives import.
func (c *caddyConfig) imports(f *source.File, list []*caddyfile.Directive, depth int, imported map[string]bool) {
	for _, d := range list {
		if len(d.Words) > 1 && d.Words[0].Text == "import" {
			for _, name := range c.files(f, d.Words[1].Text) {
				imported[name] = true
			}
		}
		if depth < caddyfile.MaxDepth {
			c.imports(f, d.Children, depth+1, imported)
		}
	}
}

// files returns the names of the files that an import is about.
func (c *caddyConfig) files(from *source.File, pattern string) []string {
	name, ok := c.tree.Reachable(path.Dir(from.Name), pattern)
	if !ok || name == from.Name {
		return nil
	}
	return slices.DeleteFunc(c.tree.Glob(name), func(n string) bool { return n == from.Name })
}

// file adds the sites of a file, and notes its snippets.
func (c *caddyConfig) file(f *source.File, list []*caddyfile.Directive) {
	c.order = caddyOrder
	c.snippets, c.origins = map[string][]*caddyfile.Directive{}, map[string]*source.File{}
	c.collect(f, list, 0)
	nodes := c.expand(f, list, nil, nil, 0)
	if len(nodes) > 0 && !nodes[0].Block && (len(nodes[0].words) == 1 || strings.HasSuffix(nodes[0].word(0), ",")) && nodes[0].word(0) != "import" {
		c.site(nodes[0], nodes[1:]) // the only site, without braces
		return
	}
	for _, n := range nodes {
		switch {
		case !n.Block:
		case len(n.words) == 0:
			c.global(n)
		case !strings.HasPrefix(n.word(0), "(") && !strings.HasPrefix(n.word(0), "&("):
			c.site(n, n.children)
		}
	}
}

func (c *caddyConfig) site(n *caddyNode, children []*caddyNode) {
	if len(children) > 0 && !n.Block {
		d := *n.Directive
		d.End = children[len(children)-1].End
		n.Directive = &d
	}
	n.children = children
	for _, child := range children {
		child.parent = n
	}
	c.sites = append(c.sites, &caddyHostBlock{n, c.order})
}

// collect notes the snippets of a file, and of those that it imports.
func (c *caddyConfig) collect(f *source.File, list []*caddyfile.Directive, depth int) {
	for _, d := range list {
		if len(d.Words) == 0 {
			continue
		}
		first := d.Words[0].Text
		switch {
		case d.Block && strings.HasPrefix(first, "(") && strings.HasSuffix(first, ")"), d.Block && strings.HasPrefix(first, "&("):
			name := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(first, "("), ")"), "&(")
			c.snippets[name], c.origins[name] = d.Children, f
		case first == "import" && len(d.Words) > 1 && depth < 10:
			for _, name := range c.files(f, d.Words[1].Text) {
				if file := c.tree.Open(name); file != nil {
					list, _ := caddyfile.Parse(file.Text)
					c.collect(file, list, depth+1)
				}
			}
		}
	}
}

// global looks at the block of global options.
func (c *caddyConfig) global(n *caddyNode) {
	for _, o := range n.children {
		if o.word(0) != "order" || len(o.words) < 3 {
			continue
		}
		name := o.word(1)
		order := slices.DeleteFunc(slices.Clone(c.order), func(s string) bool { return s == name })
		switch i := slices.Index(order, o.word(3)); {
		case o.word(2) == "first":
			order = append([]string{name}, order...)
		case o.word(2) == "last":
			order = append(order, name)
		case i >= 0 && o.word(2) == "before":
			order = slices.Insert(order, i, name)
		case i >= 0 && o.word(2) == "after":
			order = slices.Insert(order, i+1, name)
		}
		c.order = order
	}
}

// expand returns directives with the imports carried out; args are those of the
// import that they are in.
func (c *caddyConfig) expand(f *source.File, list []*caddyfile.Directive, args []string, parent *caddyNode, depth int) (nodes []*caddyNode) {
	for _, d := range list {
		if c.nodes++; c.nodes > caddyMaxNodes || depth > caddyfile.MaxDepth {
			c.engine.work = proxyMaxWork
			return nodes
		}
		n := &caddyNode{Directive: d, file: f, parent: parent}
		for _, w := range d.Words {
			n.words = append(n.words, caddyWord{fillCaddy(w.Text, args), w.Quote, proxyPlace{f, source.Span{Start: w.Start, End: w.End}}})
		}
		if n.word(0) == "import" && len(n.words) > 1 {
			nodes = append(nodes, c.expandImport(n, depth)...)
			continue
		}
		n.children = c.expand(f, d.Children, args, n, depth+1)
		if n.word(0) == "invoke" {
			n.children = c.expand(c.origins[n.word(1)], c.snippets[n.word(1)], nil, n, depth+1)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func (c *caddyConfig) expandImport(n *caddyNode, depth int) (nodes []*caddyNode) {
	if c.importing == caddyMaxImports {
		return nil
	}
	c.importing++
	defer func() { c.importing-- }()
	name := n.word(1)
	var args []string
	for _, w := range n.words[2:] {
		args = append(args, w.text)
	}
	if list, ok := c.snippets[name]; ok {
		return c.expand(c.origins[name], list, args, n.parent, depth+1)
	}
	for _, name := range c.files(n.file, name) {
		file := c.tree.Open(name)
		if file == nil {
			continue
		}
		list, err := caddyfile.Parse(file.Text)
		if err != nil {
			c.broken = append(c.broken, broken(file, err))
			continue
		}
		nodes = append(nodes, c.expand(file, list, args, n.parent, depth+1)...)
	}
	return nodes
}

// caddyArguments are the arguments of an import, and variables of the
// environment.
var caddyArguments = regexp.MustCompile(`\{args[.\[](\d+)\]?\}|\{\$[^{}]*\}|\{env\.[^{}]*\}|\{args\[[^{}]*\]\}|\{blocks?\b[^{}]*\}`)

// fillCaddy fills in the arguments of an import. What is not known is
// [proxyUnknown].
func fillCaddy(text string, args []string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return caddyArguments.ReplaceAllStringFunc(text, func(s string) string {
		if m := caddyArguments.FindStringSubmatch(s); m[1] != "" {
			if i, err := strconv.Atoi(m[1]); err == nil && i < len(args) && len(args[i]) <= proxyMaxExpression {
				return args[i]
			}
		}
		return proxyUnknown
	})
}
