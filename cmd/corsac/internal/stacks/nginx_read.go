package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

var nginxSource = &Source{Files: nginxFileNames, Rules: nginxRules, Read: readNginx, Change: changeNginx}

// readNginx returns the blocks that set CORS headers.
func readNginx(t *source.Tree) []*Site {
	sites, _ := loadNginx(t, nil).read()
	return withoutRepeats(sites)
}

// nginxSite is a site with what nginx does there.
type nginxSite struct {
	*Site
	node       *nginxNode
	behaviours []*nginxBehaviour
	known      map[any]bool // the remarks, and the rules with the spans that break them
	blocks     []*nginxNode // those of the behaviours
	parts      []nginxPart
}

// once reports whether it is asked about a value for the first time.
func (s *nginxSite) once(what any) bool {
	if s.known[what] {
		return false
	}
	if s.known == nil {
		s.known = map[any]bool{}
	}
	s.known[what] = true
	return true
}

// read returns the sites, and for each the block that it is, and what nginx does
// with requests for it.
func (c *nginxConfig) read() (sites []*Site, more []*nginxSite) {
	for _, top := range c.tops {
		top.each(func(n *nginxNode) {
			if slices.Contains([]string{"http", "server", "location"}, n.kind) && len(n.corsHeaders()) > 0 {
				s := &nginxSite{Site: &Site{Title: n.title(), File: n.file, Span: n.span(), Path: n.prefix(), Exact: n.exact()}, node: n}
				more = append(more, s)
			}
		})
	}
	c.assign(more)
	if len(more) > 0 {
		c.route(more)
	}
	if c.large() {
		for _, s := range more {
			s.behaviours = nil
			s.remark(Lost, "", "The configuration is too large to find out what nginx does with it.", s.node, source.Span{Start: s.Start, End: s.Start})
		}
	}
	for _, s := range more {
		s.draft(c)
		s.lint(c)
		sites = append(sites, s.Site)
	}
	for _, b := range c.broken {
		at := source.Span{Start: b.Offset, End: min(b.Offset+1, len(b.file.Text))}
		remark := Remark{Lost, "", "nginx's syntax is broken here, so the file was not read: " + b.Problem + ".", b.file, at}
		sites = append(sites, &Site{Title: "the file", File: b.file, Span: at, Draft: Draft{Remarks: []Remark{remark}}})
	}
	for _, n := range c.left {
		s := &nginxSite{Site: &Site{Title: n.title(), File: n.file, Span: n.span()}, node: n}
		s.remark(Lost, "", "The include "+n.arg(1)+" could not be followed: what it says is not known.", n, n.span())
		s.fault(nginxIncludeMissing, n, n.span(), "")
		sites = append(sites, s.Site)
	}
	return sites, more
}

// assign gives each block that answers requests to the site that decides about it.
func (c *nginxConfig) assign(sites []*nginxSite) {
	if len(sites) == 0 {
		return
	}
	byNode := map[*nginxNode]*nginxSite{}
	for _, s := range sites {
		byNode[s.node] = s
	}
	for _, block := range c.blocks() {
		owner := block.owner()
		s := byNode[owner]
		if s != nil && (block.kind != "server" || owner != block || len(block.named("location")) == 0 || owner.answers()) {
			s.behaviours = append(s.behaviours, c.behaviour(block))
			s.blocks = append(s.blocks, block)
		}
	}
}

// answers reports whether requests can get an answer of the server itself: no
// location has all paths.
func (n *nginxNode) answers() bool {
	for _, l := range n.named("location") {
		if slices.Equal(l.args(), []string{"/"}) {
			return false
		}
	}
	return true
}

// owner returns the block whose lines decide about CORS for a block: itself, if
// it or an if in it sets CORS headers, or the nearest around it whose headers it
// inherits; nil if there is none.
func (n *nginxNode) owner() *nginxNode {
	for b := n; b != nil; b = b.parent {
		if len(b.corsHeaders()) > 0 {
			return b
		}
		if len(b.named("add_header")) > 0 {
			return nil
		}
	}
	return nil
}

// corsHeaders returns the directives of a block and of the ifs in it that set
// CORS headers.
func (n *nginxNode) corsHeaders() []*nginxNode { return n.cors }

// setsCORS reports whether a directive sets a header of the CORS protocol.
func (n *nginxNode) setsCORS() bool {
	switch n.kind {
	case "add_header":
		return len(n.Words) > 2 && isCORSHeader(n.arg(1))
	case "more_set_headers":
		return slices.ContainsFunc(n.args(), func(arg string) bool {
			name, _, _ := strings.Cut(arg, ":")
			return isCORSHeader(strings.TrimSpace(name))
		})
	}
	return false
}

func isCORSHeader(name string) bool {
	return slices.ContainsFunc(corsHeaders, func(h string) bool { return strings.EqualFold(h, name) }) || strings.EqualFold(name, "Timing-Allow-Origin")
}

// title says what a block is.
func (n *nginxNode) title() string {
	switch {
	case n.Directive == nil:
		return "the file"
	case n.kind == "server":
		for _, key := range []string{"server_name", "listen"} {
			if d := n.named(key); len(d) > 0 && d[0].arg(1) != "_" {
				return "server " + d[0].arg(1)
			}
		}
	}
	return strings.Join(append([]string{n.kind}, n.args()...), " ")
}

// prefix returns the prefix of the paths of a location; "" for all, or if only an
// expression says which.
func (n *nginxNode) prefix() string {
	if n.kind != "location" || n.Directive == nil {
		return ""
	}
	switch args := n.args(); {
	case len(args) == 1 && strings.HasPrefix(args[0], "/") && args[0] != "/":
		return args[0]
	case len(args) == 2 && args[0] == "=", len(args) == 2 && args[0] == "^~" && args[1] != "/":
		return args[1]
	case len(args) == 2 && strings.HasPrefix(args[1], "^/"):
		return expressionPrefix(args[1][1:])
	}
	return ""
}

// expressionPrefix returns the whole segments that all paths begin with which an
// expression from the start matches, or "".
func expressionPrefix(path string) string {
	if hasAlternatives(path) {
		return ""
	}
	if i := strings.IndexAny(path, `\.+*?()|[]{}^$`); i >= 0 {
		if strings.IndexByte("*?{", path[i]) >= 0 {
			i = max(i-1, 0) // what is before it may be missing
		}
		path = path[:strings.LastIndexByte(path[:i], '/')+1]
	}
	return strings.TrimSuffix(path, "/")
}

// hasAlternatives reports whether an expression may have alternatives outside of groups.
func hasAlternatives(expression string) bool {
	if !strings.Contains(expression, "|") {
		return false
	}
	depth, class := 0, -1 // where the class begins
	for i := 0; i < len(expression); i++ {
		switch b := expression[i]; {
		case b == '\\':
			if i++; i < len(expression) && expression[i] == 'Q' {
				return true // not looked into
			}
		case class >= 0:
			if b == ']' && expression[class+1:i] != "" && expression[class+1:i] != "^" {
				class = -1
			}
		case b == '[':
			class = i
		case b == '(':
			depth++
		case b == ')':
			depth--
		case b == '|' && depth <= 0:
			return true
		}
	}
	return depth != 0 || class >= 0
}

// exact reports whether a location is for one path only.
func (n *nginxNode) exact() bool {
	return n.kind == "location" && n.Directive != nil && n.arg(1) == "=" && strings.HasPrefix(n.arg(2), "/")
}

// byExpression reports whether a location is for paths that no prefix describes.
func (n *nginxNode) byExpression() bool {
	if n.kind != "location" || n.Directive == nil || !strings.HasPrefix(n.arg(1), "~") {
		return false
	}
	path, fromStart := strings.CutPrefix(n.arg(2), "^/")
	return !fromStart || regexp.QuoteMeta(path) != path
}

// upstream returns the URL that a block forwards to, or "".
func (c *nginxConfig) upstream(block *nginxNode) string {
	for _, p := range block.named("proxy_pass") {
		scheme, rest, ok := strings.Cut(p.arg(1), "://")
		if !ok || strings.Contains(rest, "$") {
			continue
		}
		host, path, hasPath := strings.Cut(rest, "/")
		if u := c.upstreamBlock(p.arg(1)); u != nil {
			host = u.backends()[0]
		}
		if strings.HasPrefix(host, "unix:") {
			return ""
		}
		if hasPath { // which takes the place of the location's
			path = "/" + path
		}
		return scheme + "://" + host + path
	}
	return ""
}

// escapeDots puts a backslash before each dot of an expression between two
// characters of names, where it is meant as one. n is the number of them.
func escapeDots(expr string) (escaped string, n int) {
	var b strings.Builder
	name := func(i int) bool {
		return i >= 0 && i < len(expr) && (expr[i] == '-' || expr[i] >= '0' && expr[i] <= '9' || expr[i]|0x20 >= 'a' && expr[i]|0x20 <= 'z')
	}
	syntaxAt := map[int]bool{}
	scan(expr, func(i, _ int) { syntaxAt[i] = true })
	for i := range len(expr) {
		before := name(i-1) && syntaxAt[i-1] || i > 0 && strings.IndexByte(")]+*?", expr[i-1]) >= 0
		after := name(i+1) || i+1 < len(expr) && expr[i+1] == ')'
		if expr[i] == '.' && syntaxAt[i] && before && after {
			b.WriteByte('\\')
			n++
		}
		b.WriteByte(expr[i])
	}
	return b.String(), n
}

// lowerExpression returns an expression with its letters in lower case, except
// those after a backslash, which would mean something else.
func lowerExpression(expr string) string {
	b := []byte(expr)
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' {
			i++
		} else if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] |= 0x20
		}
	}
	return string(b)
}
