package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

var apacheSource = &Source{Files: apacheFileNames, Rules: apacheRules.all(), Read: readApache}

var apacheWords = proxyWords{
	ruleMaker: "apache", title: "Apache", whole: true,
	repeat:    "The line",
	list:      `Compare the origin with those that you trust: SetEnvIf Origin "^https://app\.example\.com$" CORS_ORIGIN=$0, and Header always set Access-Control-Allow-Origin "%{CORS_ORIGIN}e" env=CORS_ORIGIN.`,
	errors:    "Without always, Apache does not send the header with its own errors, so that pages cannot read a 401, 404 or 503: browsers show a CORS error.",
	errorsFix: "Write Header always set, and Header onsuccess unset for what the application sends.",
	vary:      "Add Header always merge Vary Origin.",
	preflight: "Answer preflights in Apache: RewriteRule ^ - [R=204,L] for OPTIONS, in the virtual host.",
	app:       "Add Header onsuccess unset Access-Control-Allow-Origin, and the same for the others: always set does not replace what is in the other table.",
}

var (
	apacheUnset = apacheWords.rule("unset-variable", finding.Error, "acao-unset-variable",
		"The variable is not set",
		"Apache sends (null) in its place, which browsers refuse.",
		"Set it with SetEnvIf, and add env= with its name to the line, so that the header is sent only if it is set.")
	apacheAuthLate = apacheWords.rule("rewrite-after-auth", finding.Error, "preflight-requires-auth",
		"Authentication comes before the answer to preflights",
		"In .htaccess and <Directory>, rules of mod_rewrite run after authentication, so that preflights get 401.",
		"Move the RewriteRule to the virtual host, or put Require into <LimitExcept OPTIONS>.")
	apacheRenamed = apacheWords.rule("variable-renamed", finding.Warning, "no-cors-headers",
		"The variable gets another name",
		"In .htaccess and <Directory>, a RewriteRule that changes the path begins the request anew, and what its E= has set is then named REDIRECT_….",
		"Set the variable with SetEnvIf, which runs again.")

	apacheReplaced = apacheWords.rule("replaced", finding.Warning, "acao-other-origin",
		"A line below replaces this one",
		"Header set keeps only the last value, so that this origin is not allowed.",
		"Choose from several origins. "+apacheWords.list)

	apacheRules = apacheWords.rules(apacheUnset, apacheAuthLate, apacheRenamed, apacheReplaced)
)

// readApache returns the sections that set CORS headers.
func readApache(t *source.Tree) (sites []*Site) {
	c := loadApache(t)
	for _, top := range c.tops {
		top.contexts(func(n *apacheNode) {
			if n.setsCORS() && !c.engine.full(sites) {
				sites = append(sites, c.site(n))
			}
		})
	}
	for i := range c.broken {
		sites = append(sites, c.broken[i].site("Apache"))
	}
	if c.nodes > apacheMaxNodes {
		sites = append(sites, unreadSite(c.tops[0].file))
	}
	return withoutRepeats(sites)
}

// contexts calls f for a node and those in it that are contexts.
func (n *apacheNode) contexts(f func(*apacheNode)) {
	if n.isContext() {
		f(n)
	}
	for _, c := range n.children {
		c.contexts(f)
	}
}

// title says what a context is.
func (n *apacheNode) title() string {
	if n.kind == "server" || n.kind == ".htaccess" {
		return "the file"
	}
	return strings.TrimSpace("<" + strings.Join(append([]string{n.Name.Text}, n.texts()...), " ") + ">")
}

// texts returns the arguments as they are in the file.
func (n *apacheNode) texts() (list []string) {
	for _, w := range n.Args {
		list = append(list, w.Text)
	}
	return list
}

// site returns the site of a context.
func (c *apacheConfig) site(n *apacheNode) *Site {
	path := ""
	if n.kind == "location" && strings.HasPrefix(n.arg(0), "/") && n.arg(0) != "/" && !strings.ContainsAny(n.arg(0), "*?[") {
		path = n.arg(0)
	}
	s := &proxySite{
		Site:   &Site{Title: n.title(), File: n.file, Span: source.Span{Start: n.Start, End: n.End}, Path: path},
		engine: &c.engine, rules: apacheRules, title: "Apache",
	}
	chain := n.chain()
	s.proxyBehaviour = c.engine.behaviour("", firstOf(path, "/corsac"), func(q proxyRequest) *proxyReply { return c.run(chain, q) })
	c.route(s, n)
	s.onErrors = func(h proxyHeader) []source.Edit { return n.alwaysEdits(h) }
	s.vary = func(h proxyHeader) []source.Edit {
		return []source.Edit{source.Insert(h.line.Start, "Header always merge Vary Origin"+n.file.NewLine()+h.line.file.Indent(h.line.Start))}
	}
	s.app = func() (proxyPlace, []source.Edit) { return s.unsetting(chain) }
	s.finish()
	c.lint(s, n)
	return s.Site
}

// apacheTarget returns the URL of ProxyPass for a path, without the path if that
// stays as it is.
func apacheTarget(path, target string) string {
	scheme, rest, _ := strings.Cut(target, "://")
	host, to, hasPath := strings.Cut(rest, "/")
	if !hasPath || "/"+to == path {
		return scheme + "://" + host
	}
	return target
}

// alwaysEdits returns the edits that put a header into the table of always. If it
// replaced one of the application, that must be unset in the other table.
func (n *apacheNode) alwaysEdits(h proxyHeader) (edits []source.Edit) {
	var found *apacheHeader
	for p := n; p != nil; p = p.parent {
		p.inside(func(c *apacheNode) {
			if header, ok := c.header(); ok && c.file == h.line.file && c.Start == h.line.Start {
				found = &header
			}
		})
	}
	if found == nil || found.always || found.action == "edit" || found.action == "edit*" {
		return nil
	}
	d := found.node
	if found.action == "set" {
		line := "Header onsuccess unset " + found.name
		if found.condition != "" {
			line += " " + d.argAt(len(d.args)-1).In(d.file)
		}
		edits = append(edits, source.Insert(d.Start, line+d.file.NewLine()+d.file.Indent(d.Start)))
	}
	if found.word == 1 {
		return append(edits, source.Edit{Span: d.argAt(0).Span, New: "always"})
	}
	return append(edits, source.Insert(d.Name.End, " always"))
}

// unsetting returns the line that sets Access-Control-Allow-Origin, and the edits
// that remove the headers of the application before it, except those that lines
// before it set in the same table.
func (s *proxySite) unsetting(chain []*apacheNode) (at proxyPlace, edits []source.Edit) {
	for _, r := range s.replies() {
		if list := r.values("Access-Control-Allow-Origin"); len(list) > 0 && list[0].line.file != nil {
			at = list[0].line
			break
		}
	}
	if at.file == nil {
		return at, nil
	}
	kept := map[string]bool{}
	for _, n := range chain {
		n.inside(func(c *apacheNode) {
			if h, ok := c.header(); ok && !h.always && h.sets() && (c.file != at.file || c.Start < at.Start) {
				kept[strings.ToLower(h.name)] = true
			}
		})
	}
	if kept["access-control-allow-origin"] {
		return at, nil
	}
	var b strings.Builder
	for _, name := range s.corsNames() {
		if !kept[strings.ToLower(name)] {
			b.WriteString("Header onsuccess unset " + name + at.file.NewLine() + at.file.Indent(at.Start))
		}
	}
	return at, []source.Edit{source.Insert(at.Start, b.String())}
}

// lint adds the faults that only Apache has.
func (c *apacheConfig) lint(s *proxySite, n *apacheNode) {
	for _, r := range s.replies() {
		for _, h := range r.values("Access-Control-Allow-Origin") {
			if strings.Contains(h.value, apacheNull) {
				s.fault(apacheUnset, h.at, "")
			}
		}
	}
	c.lintReplaced(s, n)
	if n.ofServer() {
		return
	}
	var rule *apacheNode
	for _, d := range n.named("rewriterule") {
		for _, flag := range apacheFlags(d.arg(2)) {
			switch name, value, _ := strings.Cut(flag, "="); strings.ToUpper(name) {
			case "E", "ENV":
				if d.arg(1) != "-" && n.usesVariable(value) {
					s.fault(apacheRenamed, d.whole(), "")
				}
			case "R":
				if strings.HasPrefix(value, "2") {
					rule = d
				}
			}
		}
	}
	if t := s.example(); rule != nil && t != nil && t.preflight.auth {
		s.fault(apacheAuthLate, rule.whole(), "")
	}
	slices.SortStableFunc(s.Faults, func(a, b Fault) int { return a.Start - b.Start })
}

// lintReplaced finds the lines for an origin that a line below them makes void.
func (c *apacheConfig) lintReplaced(s *proxySite, n *apacheNode) {
	last := map[bool]*apacheNode{} // by the table
	for _, d := range n.named("header") {
		h, ok := d.header()
		if !ok || h.action != "set" || h.condition != "" || h.early || !strings.EqualFold(h.name, "Access-Control-Allow-Origin") || d.parent != n {
			continue
		}
		if before := last[h.always]; before != nil && before.arg(len(before.args)-1) != d.arg(len(d.args)-1) {
			s.fault(apacheReplaced, before.whole(), "")
		}
		last[h.always] = d
	}
}

// usesVariable reports whether a line of Header uses the variable of a flag such
// as NAME:VALUE.
func (n *apacheNode) usesVariable(flag string) bool {
	name, _, _ := strings.Cut(flag, ":")
	return slices.ContainsFunc(n.named("header"), func(d *apacheNode) bool {
		return slices.Contains(d.args, "env="+name) || slices.ContainsFunc(d.args, func(a string) bool { return strings.Contains(a, "%{"+name+"}e") })
	})
}
