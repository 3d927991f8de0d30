package stacks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// corsHand is a middleware that sets CORS headers by hand.
type corsHand struct {
	*expressFile

	hand *hand
	// user is the file with the call that adds it.
	user *expressFile
	use  *jsUse
}

func newCorsHand(x *expressFile, h *hand, use *jsUse) corsHand {
	w := corsHand{x, h, x, use}
	if h.use == use {
		w.user = h.user
	}
	return w
}

// expressPlace is where a call of app.use(cors(…)) goes.
type expressPlace struct {
	// at is the offset; before and after are what stands around the code.
	at            int
	before, after string
	// object is what use is called on, such as app; "" in a chain.
	object, indent string
	// token is the first token after it.
	token int
	// inline says that other code stands in the same line.
	inline bool
}

// options returns options that are on several lines as they stand at the place.
func (p *expressPlace) options(text string) string {
	if !p.inline {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if before, closes := strings.CutSuffix(b.String(), ","); closes && strings.HasPrefix(line, "}") {
			b.Reset()
			b.WriteString(before)
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

// place returns the place right after the app is created.
func (c *expressChange) place(x *expressFile) (expressPlace, bool) {
	app := c.app
	nl := x.file.NewLine()
	end := x.Tokens[app.End-1].End
	object := x.declaredBy(app)
	if x.At(app.End) == "." || object == "" { // a chain, or no name at all
		p := expressPlace{at: end, indent: x.file.Indent(end), token: app.End}
		if x.At(app.End) == "." && x.Newline(app.End) {
			p.indent = x.file.Indent(x.Tokens[app.End].Start)
			p.before = nl + p.indent
		}
		return p, true
	}
	statement, ok := x.Statement(app.Start)
	if !ok {
		return expressPlace{}, false
	}
	if f := x.Function(app.Start); strings.HasPrefix(object, "this.") && (f == nil || x.Up(app.Start) != f.Body.Start) {
		for _, u := range x.uses { // a field of a class
			if s, ok := x.Statement(u.Start); ok && u.object == object {
				at := x.Tokens[s.Start].Start
				indent := x.file.Indent(at)
				if strings.TrimSpace(x.Text[x.file.LineStart(at):at]) != "" {
					return expressPlace{at: at, after: " ", object: object, indent: indent, token: s.Start, inline: true}, true
				}
				return expressPlace{at: at, after: nl + indent, object: object, indent: indent, token: s.Start}, true
			}
		}
		return expressPlace{}, false
	}
	p := expressPlace{at: x.Tokens[statement.End-1].End, object: object, indent: x.file.Indent(x.Tokens[statement.Start].Start), token: statement.End}
	p.before = nl + p.indent
	line := x.file.LineEnd(p.at)
	if rest := strings.TrimSpace(x.Text[p.at:line]); strings.HasPrefix(rest, "//") {
		p.at = len(strings.TrimRight(x.Text[:line], "\r\n"))
	} else if rest != "" && !strings.HasPrefix(rest, "/*") {
		p.before, p.inline = " ", true
	}
	return p, true
}

// path returns the first argument of use for a prefix of paths.
func (c *expressChange) path(style *jsStyle) string {
	if c.want.Path == "" || c.want.Path == "/" {
		return ""
	}
	return style.string("/"+strings.Trim(c.want.Path, "/")) + ", "
}

// insert adds app.use(cors(…)): in the place of the first middleware that sets
// headers by hand, if that comes early enough, or right after the app is created.
func (c *expressChange) insert(hands []corsHand) {
	if c.replaceExported(hands) {
		return
	}
	x := c.home
	style := x.style()
	name := c.importCors(x, &style)
	for _, h := range hands {
		whole, ok := h.pure()
		if !ok || h.expressFile != x || c.late(&corsCall{x, js.Call{}, x, h.use}) || x.Source(h.use.receiver) != x.declaredBy(c.app) {
			continue
		}
		text, r := npmOptionsText(c.policy, &style, x.file.Indent(x.Tokens[whole.Start].Start))
		c.Notes = append(c.Notes, r.Sentences()...)
		args := js.Range{Start: h.use.Open, End: h.use.End}
		c.Edit(x.file, source.Edit{Span: x.Span(args), New: "(" + c.path(&style) + name + "(" + text + "))"})
		h.hand.headers = nil
		c.dropFunction(h)
		return
	}
	p, ok := c.place(x)
	if !ok {
		c.Notes = append(c.Notes, "It is not clear where "+x.file.Name+" begins to use the app: call app.use(cors(…)) there, before everything else.")
		return
	}
	name = c.available(x, &p, name)
	text, r := npmOptionsText(c.policy, &style, p.indent)
	c.Notes = append(c.Notes, r.Sentences()...)
	c.Edit(x.file, source.Insert(p.at, p.before+p.object+".use("+c.path(&style)+name+"("+p.options(text)+"))"+p.ending(&style)+p.after))
}

// replaceExported replaces the first function that does nothing but set CORS
// headers, and that its file exports for the app, by a call of cors, and moves the
// use of it if that comes too late. It reports whether there was one.
func (c *expressChange) replaceExported(hands []corsHand) bool {
	for _, h := range hands {
		statement, ok := h.pure()
		if !ok || h.user == h.expressFile || h.user != c.home || c.home.Source(h.use.receiver) != c.home.declaredBy(c.app) || !samePath(h.use.path, c.want.Path) {
			continue
		}
		x := h.expressFile
		style := x.style()
		if !h.replaceable() {
			continue
		}
		p := &corsCall{x, js.Call{}, h.user, h.use}
		if to, placed := c.place(c.home); c.late(p) {
			if !placed || len(c.home.needed(statement, to.token)) > 0 {
				continue
			}
			c.move(p, to, nil)
		}
		before, after := h.around()
		text, r := npmOptionsText(c.policy, &style, x.file.Indent(x.Tokens[h.hand.function.Start].Start))
		c.Notes = append(c.Notes, r.Sentences()...)
		c.Edit(x.file, source.Edit{Span: x.Span(h.hand.function.Range), New: before + c.importCors(x, &style) + "(" + text + ")" + after})
		h.hand.headers = nil
		return true
	}
	return false
}

// replaceable reports whether a value can stand in the place of a function: it is
// one itself, or declared before it is used.
func (h *corsHand) replaceable() bool {
	f := h.hand.function
	if before := h.At(f.Start - 1); before == "=" || before == "default" {
		return true
	}
	s, ok := h.Statement(f.Start)
	if !ok || s.Start != f.Start || h.At(f.Start) != "function" || h.Up(f.Start) >= 0 {
		return false
	}
	d := h.Decl(f.Start + 1)
	return d != nil && !slices.ContainsFunc(h.Uses(d), func(i int) bool { return i < f.Start })
}

// around returns what stands around a value in the place of a function.
func (h *corsHand) around() (before, after string) {
	f := h.hand.function
	style := h.style()
	switch h.At(f.Start - 1) {
	case "=":
		return "", ""
	case "default":
		return "", style.end()
	}
	return "const " + h.At(f.Start+1) + " = ", style.end()
}

// available returns what to call at a place for the package: name, if the place is
// after its declaration, or can be moved there.
func (c *expressChange) available(x *expressFile, p *expressPlace, name string) string {
	for _, d := range x.Imports("cors") {
		if d.Name != name || !d.Required || d.Statement.Start < p.token {
			continue
		}
		for _, u := range x.uses {
			if u.Start > p.token && u.Start < d.Statement.Start || p.object == "" || x.Up(d.Statement.Start) != x.Up(p.token) {
				return "require('cors')"
			}
		}
		p.at, p.token = x.Tokens[d.Statement.End-1].End, d.Statement.End
	}
	return name
}

func (p *expressPlace) ending(style *jsStyle) string {
	if p.object == "" {
		return ""
	}
	return style.end()
}

// move takes the call that decides to the place right after the app is created,
// with edits of it, and with the constants that it needs.
func (c *expressChange) move(p *corsCall, to expressPlace, edits []source.Edit) {
	x := p.user
	style := x.style()
	statement, ok := x.Statement(p.use.Start)
	whole := ok && statement.Start == p.use.receiver.Start && (statement.End == p.use.End || statement.End == p.use.End+1)
	if len(p.use.handlers) != 1 || !ok {
		c.Edit(x.file, edits...)
		c.Notes = append(c.Notes, "The call of cors() in "+x.file.Name+" comes after something that may answer requests; it was left there, because it is not alone.")
		return
	}
	var moved []string
	ranges := x.needed(statement, to.token)
	for _, r := range ranges {
		moved = append(moved, c.edited(x, r, edits))
		c.Edit(x.file, x.withoutStatement(r))
	}
	args := c.edited(x, js.Range{Start: p.use.Open, End: p.use.End}, edits)
	call := to.object + ".use" + args + to.ending(&style)
	if to.object == "" && len(moved) > 0 { // in a chain, constants cannot go first
		call = ""
	}
	if call == "" || to.object == "" && p.use.object == "" {
		c.Edit(x.file, edits...)
		c.Notes = append(c.Notes, "The call of cors() in "+x.file.Name+" comes after something that may answer requests: move it to the beginning.")
		return
	}
	if whole {
		c.Edit(x.file, x.withoutStatement(statement))
	} else {
		c.Edit(x.file, x.withoutSegment(p.use.Range))
	}
	inside := append(ranges, statement)
	for _, e := range edits {
		if !slices.ContainsFunc(inside, func(r js.Range) bool { s := x.Span(r); return e.Start >= s.Start && e.End <= s.End }) {
			c.Edit(x.file, e)
		}
	}
	text := strings.Join(append(moved, call), x.file.NewLine()+to.indent)
	c.Edit(x.file, source.Insert(to.at, to.before+text+to.after))
}

// needed returns the statements of constants that a statement needs and that come
// between a token and it, in their order.
func (x *expressFile) needed(statement js.Range, from int) (list []js.Range) {
	queue := []js.Range{statement}
	for len(queue) > 0 && len(list) < 50 {
		r := queue[0]
		queue = queue[1:]
		for i := r.Start; i < r.End; i++ {
			if x.Kind(i) != js.Name || x.At(i-1) == "." {
				continue
			}
			d := x.Decl(i)
			if d == nil || d.Token < from || d.Token >= statement.Start || d.Init.End <= d.Init.Start {
				continue
			}
			s, ok := x.Statement(d.Token)
			if ok && !slices.Contains(list, s) && x.Up(s.Start) == x.Up(statement.Start) {
				list = append(list, s)
				queue = append(queue, s)
			}
		}
	}
	slices.SortFunc(list, func(a, b js.Range) int { return a.Start - b.Start })
	return list
}

// edited returns the text of a range with the edits that are inside.
func (c *expressChange) edited(x *expressFile, r js.Range, edits []source.Edit) string {
	span := x.Span(r)
	var inside []source.Edit
	for _, e := range edits {
		if e.Start >= span.Start && e.End <= span.End {
			inside = append(inside, source.Edit{Span: source.Span{Start: e.Start - span.Start, End: e.End - span.Start}, New: e.New})
		}
	}
	text, err := source.Apply(span.In(x.file), inside)
	c.err = cmp.Or(c.err, err)
	return text
}

// importCors adds the import of the package, if the file has none, and returns
// its name there.
func (c *expressChange) importCors(x *expressFile, style *jsStyle) string {
	for _, d := range x.Imports("cors") {
		if d.Imported == "default" || d.Imported == "*" {
			return d.Name
		}
	}
	name := "cors"
	for n := 1; len(x.Names(name)) > 0; n++ {
		if name = "corsMiddleware"; n > 1 {
			name += decimal(n)
		}
	}
	line, at := x.importLine(name, style, c.isModule(x))
	c.Edit(x.file, source.Insert(at, line))
	return name
}

// isModule reports whether a file that does not import Express is an ES module.
func (c *expressChange) isModule(x *expressFile) bool {
	if slices.ContainsFunc(x.Statements(-1), func(r js.Range) bool { return x.At(r.Start) == "import" || x.At(r.Start) == "export" }) {
		return true
	}
	if strings.HasSuffix(x.file.Name, ".mjs") || strings.HasSuffix(x.file.Name, ".mts") {
		return true
	}
	p := nearestPackage(c.tree, x.file.Name)
	return p != nil && p.text("type") == "module" && !strings.HasSuffix(x.file.Name, ".cjs")
}

// importLine returns the line that imports the package, in the style of the one
// for Express, and where it goes: in its sorted place, or after that of Express.
func (x *expressFile) importLine(name string, style *jsStyle, module bool) (line string, at int) {
	var like *js.Decl
	var statements []*js.Decl
	for _, d := range x.Modules() {
		if d.Statement.End == 0 || x.Up(d.Statement.Start) >= 0 || d.TypeOnly {
			continue
		}
		if len(statements) == 0 || statements[len(statements)-1].Statement != d.Statement {
			statements = append(statements, d)
		}
		if like == nil && (d.Module == "express" || d.Module == "connect") {
			like = d
		}
	}
	quoted := style.string("cors")
	keyword, required := "const", !module
	if like != nil {
		required = like.Required
		if first := x.At(like.Statement.Start); required && (first == "var" || first == "let") {
			keyword = first
		}
	}
	switch {
	case like != nil && like.Required && x.At(like.Statement.Start) == "import":
		line = "import " + name + " = require(" + quoted + ")"
	case required:
		line = keyword + " " + name + " = require(" + quoted + ")"
	case like != nil && like.Imported == "*":
		line = "import * as " + name + " from " + quoted
	default:
		line = "import " + name + " from " + quoted
	}
	line += style.end()
	return x.importPlace(line, like, statements)
}

// importPlace returns where the line of an import goes, with its end of line.
func (x *expressFile) importPlace(line string, like *js.Decl, statements []*js.Decl) (string, int) {
	nl := x.file.NewLine()
	start := func(d *js.Decl) int { return x.Tokens[d.Statement.Start].Start }
	outside := slices.DeleteFunc(slices.Clone(statements), func(d *js.Decl) bool { return strings.HasPrefix(d.Module, ".") })
	sorted := len(outside) > 1 && slices.IsSortedFunc(outside, func(a, b *js.Decl) int { return strings.Compare(a.Module, b.Module) })
	for _, d := range outside {
		if sorted && d.Module > "cors" && x.file.LineStart(start(d)) == start(d) {
			return line + nl, start(d)
		}
	}
	if like == nil && len(statements) > 0 {
		like = statements[len(statements)-1]
	}
	if like == nil {
		return x.afterDirectives(line)
	}
	if slices.ContainsFunc(x.apps, func(a js.Call) bool { return a.Start >= like.Statement.Start && a.End <= like.Statement.End }) {
		return line + nl, x.file.LineStart(start(like)) // one statement does both
	}
	end := x.Tokens[like.Statement.End-1].End
	if next := x.file.LineEnd(end); strings.TrimSpace(x.Text[end:next]) == "" || strings.HasPrefix(strings.TrimSpace(x.Text[end:next]), "//") {
		if strings.HasSuffix(x.Text[:next], "\n") {
			return line + nl, next
		}
		return nl + line, next
	}
	return " " + line, end
}

// afterDirectives returns where the line of the first import goes: at the start, but
// after directives such as 'use strict'.
func (x *expressFile) afterDirectives(line string) (string, int) {
	nl := x.file.NewLine()
	at := -1
	for _, r := range x.Statements(-1) {
		if x.Kind(r.Start) != js.String || r.End-r.Start > 1 && x.At(r.Start+1) != ";" {
			break
		}
		at = x.file.LineEnd(x.Tokens[r.End-1].End)
	}
	if at < 0 {
		return line + nl, x.file.LineStart(x.Tokens[0].Start)
	}
	if !strings.HasSuffix(x.Text[:at], "\n") {
		return nl + nl + line, at
	}
	return nl + line + nl, at
}
