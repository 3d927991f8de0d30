package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// ensure changes what a target has so that it does what is wanted.
func (p *nginxPlan) ensure(t *nginxTarget) {
	leaves := p.leaves(t)
	wrong := slices.DeleteFunc(slices.Clone(leaves), func(leaf *nginxNode) bool { return p.config.falls(leaf, t) == "" })
	if len(wrong) == 0 {
		p.errorPages(t, leaves)
		return
	}
	p.chooseOrigin(t)
	hides := p.hides(t, leaves)
	for _, leaf := range wrong {
		lines := nginxLines{plan: p, target: t, block: leaf, hides: hides[leaf]}
		if leaf == t.block || len(leaf.named("add_header")) > 0 || len(leaf.corsHeaders()) > 0 {
			lines.reconcile()
		}
		lines.preflight()
		lines.answer = append(slices.Clone(t.choose), lines.answer...)
		lines.write()
	}
	p.errorPages(t, leaves)
}

// headers returns the headers that a target is to send.
func (t *nginxTarget) headers(w *Want) (list []field) {
	list = append(list, field{name: "Access-Control-Allow-Origin", value: t.origin})
	list = append(list, t.plan.always()...)
	if t.errors {
		return list
	}
	for _, f := range t.plan.answer() {
		switch {
		case f.echo:
			f.value = "$http_" + nginxName(f.value)
		case f.name == "Access-Control-Allow-Methods":
			// Browsers send GET, HEAD and POST without asking.
			f.value = commas(names(w.Values("allow_methods", t.draft), equal))
			if f.value == "" {
				continue
			}
		}
		list = append(list, f)
	}
	if t.plan.timing {
		list = append(list, field{name: "Timing-Allow-Origin", value: t.origin})
	}
	if t.plan.resource != "" {
		list = append(list, field{name: "Cross-Origin-Resource-Policy", value: t.plan.resource})
	}
	return list
}

// nginxLines are the lines of a block.
type nginxLines struct {
	plan   *nginxPlan
	target *nginxTarget
	block  *nginxNode
	// hides, fresh and answer are the lines that the block lacks, and last is
	// the line of its own that fresh ones follow, if any.
	hides, fresh, answer []string
	last                 *nginxNode
	first                *nginxNode // the first line that is deleted
}

// reconcile corrects the lines that a block has, and collects those that it lacks.
func (l *nginxLines) reconcile() {
	p, b := l.plan, l.block
	q := b.quotes()
	behaviour := p.config.behaviour(b)
	wanted := l.target.headers(p.want)
	kept := map[string]bool{}
	for _, n := range b.named("add_header", "more_set_headers") {
		name := n.arg(1)
		i := slices.IndexFunc(wanted, func(f field) bool { return strings.EqualFold(f.name, name) })
		switch {
		case n.kind == "more_set_headers" && !n.setsCORS():
		case n.kind == "add_header" && i < 0 && strings.EqualFold(name, "Vary"):
			if strings.EqualFold(strings.TrimSpace(n.arg(2)), "Origin") {
				kept["vary"], l.last = true, n
				l.always(n)
			}
		case n.kind == "add_header" && i < 0 && !isCORSHeader(name):
		case n.kind == "more_set_headers" || i < 0 || kept[strings.ToLower(name)]:
			l.delete(n)
		default:
			kept[strings.ToLower(name)], l.last = true, n
			l.value(n, wanted[i], behaviour, q)
			l.always(n)
		}
	}
	for _, n := range b.named("if") {
		l.cleanIf(n, behaviour)
	}
	if !slices.ContainsFunc(b.named("add_header"), func(n *nginxNode) bool { return !p.text.gone(n) }) && b.parent != nil {
		for _, n := range b.parent.inherited("add_header") {
			if !n.setsCORS() && !strings.EqualFold(n.arg(1), "Vary") || strings.EqualFold(n.arg(1), "Vary") && !strings.EqualFold(n.arg(2), "Origin") {
				l.fresh = append(l.fresh, n.file.Text[n.Start:n.End]) // or it would be inherited no longer
			}
		}
	}
	for _, f := range wanted {
		if !kept[strings.ToLower(f.name)] {
			l.fresh = append(l.fresh, q.header(f.name, f.value))
		}
	}
	if !kept["vary"] && strings.HasPrefix(l.target.origin, "$") {
		l.fresh = append(l.fresh, q.header("Vary", "Origin"))
	}
}

func (l *nginxLines) delete(n *nginxNode) {
	l.noteSimple(n)
	l.plan.text.delete(n)
	if l.first == nil && n.file == l.block.file {
		l.first = n
	}
}

// always adds the word to a line, if it lacks it.
func (l *nginxLines) always(n *nginxNode) {
	if n.arg(3) == "" {
		w := n.Words[len(n.Words)-1]
		l.plan.text.add(n.file, insertAt(w.End, " always"))
	}
}

// value corrects the value of a line.
func (l *nginxLines) value(n *nginxNode, f field, b *nginxBehaviour, q nginxQuotes) {
	now := n.arg(2)
	if v := b.valueOf(n); v != "" {
		now = v
	}
	switch {
	case strings.EqualFold(f.name, "Access-Control-Allow-Origin") || strings.EqualFold(f.name, "Timing-Allow-Origin"):
		if n.arg(2) == f.value || f.value == "" {
			return
		}
	case f.echo:
		if now == nginxMethod || now == nginxHeaders {
			return
		}
	case strings.Contains(f.name, "-Allow-Methods") || strings.Contains(f.name, "-Allow-Headers") || strings.Contains(f.name, "-Expose-"):
		old, wanted := splitNames(now), splitNames(f.value)
		if strings.Contains(f.name, "-Allow-Methods") {
			wanted = withSimple(old, wanted)
			f.value = commas(wanted)
		}
		if sameNames(bareMethods(old), bareMethods(wanted)) && len(old) > 0 {
			return
		}
		if added, ok := addedNames(old, wanted); ok && now == n.arg(2) && n.Words[2].Quote != 0 {
			l.plan.text.add(n.file, insertAt(n.Words[2].End-1, ", "+commas(added)))
			return
		}
	case now == f.value, strings.HasSuffix(f.name, "-Max-Age") && !l.plan.want.Mentions("max_age"):
		return
	}
	quote := n.Words[2].Quote
	if quote == 0 {
		quote = q.value
	}
	l.plan.text.replace(n, 2, nginxWord(f.value, quote))
}

// valueOf returns the value that a line has for an allowed origin, or "".
func (b *nginxBehaviour) valueOf(n *nginxNode) string {
	t := b.example()
	if t == nil {
		return ""
	}
	for _, r := range []*nginxReply{&t.preflight, &t.get} {
		for _, h := range r.headers {
			if h.node == n && h.value != "" {
				return h.value
			}
		}
	}
	return ""
}

// bareMethods returns names without the methods that need no permission; among
// names of headers, there are none.
func bareMethods(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains([]string{"GET", "HEAD", "POST"}, s) })
}

// withSimple returns wanted methods after those of a list that need no
// permission, which stay.
func withSimple(old, wanted []string) []string {
	simple := slices.DeleteFunc(slices.Clone(old), func(s string) bool {
		return slices.Contains(wanted, s) || len(bareMethods([]string{s})) > 0
	})
	return append(simple, wanted...)
}

// addedNames returns what a list has more than another that it begins with; false
// if it lacks something.
func addedNames(old, wanted []string) (added []string, ok bool) {
	has := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
	}
	for _, name := range bareMethods(old) {
		if !has(wanted, name) {
			return nil, false
		}
	}
	for _, name := range wanted {
		if !has(old, name) {
			added = append(added, name)
		}
	}
	return added, len(old) > 0 && len(added) > 0
}

// cleanIf removes the CORS lines of an if, and the if, if nothing else is in it.
func (l *nginxLines) cleanIf(n *nginxNode, b *nginxBehaviour) {
	if len(n.corsHeaders()) == 0 {
		return
	}
	var rest, content []*nginxNode
	for _, c := range n.children {
		switch {
		case c.setsCORS(), c.kind == "add_header" && strings.EqualFold(c.arg(1), "Vary"):
			l.delete(c)
		case c.kind == "add_header" && strings.HasPrefix(strings.ToLower(c.arg(1)), "content-"):
			content = append(content, c) // for an answer that has none
		default:
			rest = append(rest, c)
		}
	}
	returns := len(rest) == 1 && rest[0].kind == "return"
	switch {
	case len(rest) == 0 && len(content) == 0, returns && !l.keeps(rest[0], b):
		l.delete(n)
	case returns:
		for _, c := range content {
			l.delete(c)
		}
	default:
		if own := n.named("add_header"); slices.ContainsFunc(own, func(c *nginxNode) bool { return !l.plan.text.gone(c) }) {
			var lines []string
			for _, f := range l.target.headers(l.plan.want) {
				lines = append(lines, n.quotes().header(f.name, f.value))
			}
			if strings.HasPrefix(l.target.origin, "$") {
				lines = append(lines, n.quotes().header("Vary", "Origin"))
			}
			l.plan.text.after(n.children[len(n.children)-1], lines)
		}
	}
}

// keeps reports whether a return answers every preflight as is wanted.
func (l *nginxLines) keeps(n *nginxNode, b *nginxBehaviour) bool {
	return b.stranger.preflight.at == n && b.stranger.preflight.status == l.target.plan.status
}

// preflight collects the lines that answer preflights, if nothing does.
func (l *nginxLines) preflight() {
	t, block := l.target, l.block
	if !t.answer || block != t.block && t.block.kind == "server" {
		return
	}
	if limit := block.limits("OPTIONS"); limit != nil {
		l.plan.text.add(limit.file, insertAt(limit.Words[len(limit.Words)-1].End, " OPTIONS"))
		l.plan.note("limit_except in %s now lets OPTIONS pass, or preflights would get 403.", block.title())
	}
	request := nginxPreflightOf(nginxStranger)
	request.unlimited = true
	reply := l.plan.config.run(block, request)
	if reply.at != nil && reply.status == t.plan.status && !l.plan.text.gone(reply.at) {
		return
	}
	name := l.plan.free("cors_preflight", func(n *nginxNode) bool { return n.kind == "set" && n.arg(2) == nginxPreflight })
	l.answer = []string{
		"set $" + name + ` "` + nginxPreflight + `";`,
		"if ($" + name + ` ~ "^OPTIONS\|.+\|.") {`,
		"\treturn " + decimal(t.plan.status) + ";",
		"}",
	}
}

// nginxPreflight is the value that shows whether a request is a preflight.
const nginxPreflight = "$request_method|$http_origin|$http_access_control_request_method"

// free returns a name for a variable that nothing else has; same reports whether
// a definition is one like that.
func (p *nginxPlan) free(name string, same func(*nginxNode) bool) string {
	for i := 1; ; i++ {
		tried := name
		if i > 1 {
			tried += "_" + decimal(i)
		}
		if !p.config.taken[tried] {
			return tried
		}
		ours := true
		for _, top := range p.config.tops {
			top.each(func(n *nginxNode) {
				if n.kind == "set" && n.arg(1) == "$"+tried || n.kind == "map" && n.arg(2) == "$"+tried {
					ours = ours && same(n)
				}
			})
		}
		if ours {
			return tried
		}
	}
}

// write puts the lines into the block.
func (l *nginxLines) write() {
	text, b := l.plan.text, l.block
	if len(l.hides)+len(l.fresh)+len(l.answer) == 0 {
		return
	}
	// What is a reason for an answer before it has been looked at comes after
	// the answer to preflights.
	barrier := b.child(func(n *nginxNode) bool {
		return slices.Contains([]string{"if", "return", "rewrite", "set"}, n.kind)
	})
	if l.last != nil {
		if own := b.own("hide"); len(l.hides) > 0 && own != nil {
			text.after(own, l.hides)
			l.hides = nil
		}
		if len(l.hides) > 0 {
			first := b.child(func(n *nginxNode) bool { return n.setsCORS() && !text.gone(n) })
			if pass := b.child(func(n *nginxNode) bool { return nginxPasses[n.kind] != "" }); pass != nil {
				text.before(pass, l.hides, false)
				l.hides = nil
			} else if first != nil && first.begins() {
				text.before(first, l.hides, false)
				l.hides = nil
			}
		}
		lines := append(l.hides, l.fresh...)
		if barrier == nil {
			lines = append(lines, l.answer...)
		} else if len(l.answer) > 0 {
			text.before(barrier, l.answer, false)
		}
		if len(lines) > 0 {
			text.after(l.last, lines)
		}
		return
	}
	lines := slices.Concat(l.hides, l.fresh, l.answer)
	switch {
	case b.kind == "server":
		at := barrier
		if at == nil {
			at = b.child(func(n *nginxNode) bool { return n.kind == "location" })
		}
		switch {
		case at != nil:
			if at.kind == "location" && text.multi(b) && !at.apart() {
				lines = append([]string{""}, lines...)
			}
			text.before(at, append(lines, ""), true)
		case b.Directive != nil && len(b.children) > 0 && b.children[len(b.children)-1].file == b.file && text.multi(b):
			text.after(b.children[len(b.children)-1], lines)
		default:
			text.top(b, lines)
		}
	case l.first != nil && l.first.parent == b && (barrier == nil || barrier == l.first || barrier.Start > l.first.Start):
		text.before(l.first, lines, false)
	default:
		text.top(b, lines)
	}
}

// apart reports whether a directive, with the comments above it, is the first of
// its block, or follows an empty line.
func (n *nginxNode) apart() bool {
	before := n.file.Text[:aboveComments(n.file, n.Start)]
	line := strings.TrimRight(before, " \t\r\n")
	return strings.HasSuffix(line, "{") || strings.Count(before[len(line):], "\n") > 1
}

// multi reports whether a block has several lines.
func (e *nginxEdits) multi(n *nginxNode) bool {
	return n.file.LineStart(n.Open) != n.file.LineStart(n.Close)
}

// child returns the first directive of a block, in its own file, for which f is
// true; or nil.
func (n *nginxNode) child(f func(*nginxNode) bool) *nginxNode {
	for _, c := range n.children {
		if c.file == n.file && f(c) {
			return c
		}
	}
	return nil
}

// own returns the last directive of a block that hides headers, or nil.
func (n *nginxNode) own(string) (last *nginxNode) {
	for _, c := range n.children {
		if strings.HasSuffix(c.kind, "_hide_header") && c.file == n.file {
			last = c
		}
	}
	return last
}

// hides returns the lines that hide the headers of the application, by the block
// that lacks them.
func (p *nginxPlan) hides(t *nginxTarget, leaves []*nginxNode) map[*nginxNode][]string {
	lines := map[*nginxNode][]string{}
	for _, leaf := range leaves {
		pass := leaf.passes()
		if pass == nil {
			continue
		}
		directive := nginxPasses[pass.kind]
		at := leaf
		for at != t.block && len(at.named(directive)) == 0 {
			at = at.parent
		}
		list := at.inherited(directive)
		if len(at.named(directive)) == 0 {
			for _, n := range list {
				p.line(lines, at, n.file.Text[n.Start:n.End])
			}
		}
		for _, name := range t.plan.removed() {
			if !at.hides(directive, name) {
				p.line(lines, at, directive+" "+name+";")
			}
		}
		if len(at.named(directive)) == 0 && !slices.ContainsFunc(lines[at], func(s string) bool {
			return !slices.ContainsFunc(list, func(n *nginxNode) bool { return n.file.Text[n.Start:n.End] == s })
		}) {
			delete(lines, at) // all are inherited already
		}
	}
	return lines
}

func (p *nginxPlan) line(lines map[*nginxNode][]string, at *nginxNode, line string) {
	if !slices.Contains(lines[at], line) {
		lines[at] = append(lines[at], line)
	}
}

// lintHidden finds headers of the application that would be sent, too.
func (s *nginxSite) lintHidden(b *nginxBehaviour, d *plan) {
	pass := b.block.passes()
	if pass == nil {
		return
	}
	for _, name := range d.removed() {
		if !b.block.hides(nginxPasses[pass.kind], name) {
			s.fault(nginxDoubled, pass, pass.span(), name)
			return
		}
	}
}

// policyKey returns a text that is the same for policies that allow the same
// origins.
func policyKey(p *cors.Policy) string { return strings.Join(originsOf(p), "\n") }
