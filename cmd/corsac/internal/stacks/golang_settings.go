package stacks

import (
	"errors"
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/cors"
)

// goField is a setting as it is to be, with its value in Go.
type goField struct{ name, text string }

// goTarget is a configuration as it is to be.
type goTarget struct {
	fields []goField
	// decls are declarations that the values need, such as isAllowed.
	decls string
	// imports are the packages that values and declarations need.
	imports []string
	Shortfall
}

// goTargetOf returns the configuration of a library for a policy: that of the
// snippet of its stack.
func goTargetOf(lib *goLibrary, p *cors.Policy) (*goTarget, error) {
	snippet := Lookup(lib.stack).Snippet(p)
	top, main, _ := strings.Cut(snippet.Code, inMain)
	top, ok := strings.CutPrefix(top, "import (")
	imports, decls, closed := strings.Cut(top, ")\n")
	f := gocode.Parse(&source.File{Name: "x.go", Text: "package main\n\nfunc _() {\n" + inMain + main + "\n}\n" + decls})
	if !ok || !closed || f == nil || f.Err != nil {
		return nil, errors.New("the snippet of the stack cannot be read")
	}
	t := &goTarget{decls: strings.TrimSpace(decls), Shortfall: snippet.Shortfall}
	for _, line := range strings.Fields(imports) {
		if path := strings.Trim(line, `"`); slices.Contains([]string{"regexp", "slices", "time"}, path) {
			t.imports = append(t.imports, path)
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		sel, isSelector := literal.Type.(*ast.SelectorExpr)
		if !isSelector || sel.Sel.Name != lib.config {
			return true
		}
		for _, e := range literal.Elts {
			kv := e.(*ast.KeyValueExpr)
			t.fields = append(t.fields, goField{f.Source(kv.Key), f.Source(kv.Value)})
		}
		return false
	})
	t.adapt(lib)
	return t, nil
}

// adapt changes what older versions of a framework have in another form.
func (t *goTarget) adapt(lib *goLibrary) {
	for i := range t.fields {
		field := &t.fields[i]
		if field.name == "UnsafeAllowOriginFunc" && lib.origins == goGlob {
			*field = goField{"AllowOriginFunc", "func(origin string) (bool, error) { return isAllowed(origin), nil }"}
		}
		if lib.settings[field.name].kind == goCommas {
			f := gocode.Parse(&source.File{Name: "x.go", Text: "package main\n\nvar x = " + field.text + "\n"})
			if items, ok := f.Strings(f.AST.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0]); ok {
				texts := make([]string, len(items))
				for j := range items {
					texts[j] = items[j].Text
				}
				field.text = goString(strings.Join(texts, ","))
			}
		}
	}
}

// field returns the text of a setting; it is false if there is none.
func (t *goTarget) field(name string) (string, bool) {
	i := slices.IndexFunc(t.fields, func(f goField) bool { return f.name == name })
	if i < 0 {
		return "", false
	}
	return t.fields[i].text, true
}

// changeSettings changes the settings of each call of a library, and then where it
// stands.
func (p *goProject) changeSettings(configs []*goConfig) error {
	stack := configs[0].lib.stack
	limited := p.want.Path == ""
	for i, c := range configs {
		limited = limited || c.path() != "" && samePrefix(c.path(), p.want.Path)
		now := p.configs(stack)
		if i >= len(now) {
			break
		}
		if err := p.changeConfig(now[i]); err != nil {
			place := now[i].file.Place(now[i].file.Span(now[i].call).Start)
			return fmt.Errorf("%s: %w", finding.Position(place), err)
		}
	}
	if !limited && len(p.before) > 0 {
		return fmt.Errorf("the settings that are there are for all paths, and corsac cannot limit them to %s: use the middleware only there, as corsac generate %s shows", p.want.Path, stack)
	}
	return p.changePlaces(stack)
}

// configs returns the calls of a stack's libraries as they are now.
func (p *goProject) configs(stack string) (list []*goConfig) {
	for _, pkg := range p.packages() {
		list = append(list, goConfigs(pkg, stack)...)
	}
	return list
}

// changeConfig changes the settings of one call.
func (p *goProject) changeConfig(c *goConfig) error {
	if c.several {
		return errors.New("it has several policies, and corsac cannot know which is meant")
	}
	r := &goReader{stack: c.lib.stack, site: c.site(), config: c}
	r.read()
	dynamic := map[string]bool{}
	for _, m := range r.site.Draft.Remarks {
		if m.Kind != Dynamic {
			continue
		}
		if m.Field == "" {
			return c.unknown(r.site, p.want)
		}
		if p.want.Mentions(m.Field) {
			return fmt.Errorf("%s is not literal, so that corsac cannot change it: %s", m.Field, m.Text)
		}
		dynamic[m.Field] = true
	}
	wanted := p.want.wanted(&r.site.Draft)
	if !p.want.Mentions("allow_origins") {
		dynamic["allow_origins"] = true // it stays as it is
		if len((&Want{}).Values("allow_origins", wanted)) == 0 {
			wanted.Entries = append(wanted.Entries, Entry{Field: "allow_origins", Value: noOrigin})
		}
	}
	policy, err := p.want.Policy(wanted)
	if err != nil {
		return policyError(err)
	}
	target, err := p.target(c.lib, policy)
	if err != nil {
		return err
	}
	p.noteGone(&r.site.Draft)
	g := &goSettingsEdit{project: p, config: c, reader: r, target: target, dynamic: dynamic}
	return g.apply()
}

// target returns what a package is to be given for a policy, and notes what it
// cannot do.
func (p *goProject) target(lib *goLibrary, policy *cors.Policy) (*goTarget, error) {
	target, err := goTargetOf(lib, policy)
	if err != nil {
		return nil, err
	}
	if len(target.Wider) > 0 {
		return nil, fmt.Errorf("the package cannot do this: %s", target.Wider[0].Text)
	}
	for _, lost := range target.Lost {
		p.note("%s %s", lost.Text, lost.Instead)
	}
	return target, nil
}

// goSettingsEdit is a change of one configuration.
type goSettingsEdit struct {
	project *goProject
	config  *goConfig
	reader  *goReader
	target  *goTarget
	dynamic map[string]bool
	// edits are those of the file; all must be of one file.
	edits   map[*gocode.File][]source.Edit
	imports []string
	// decls says that isAllowed and its variables are to be declared.
	decls bool
}

// apply makes the edits.
func (g *goSettingsEdit) apply() error {
	g.edits = map[*gocode.File][]source.Edit{}
	c := g.config
	if c.literal == nil && !g.hasVariable() {
		g.replaceCall()
	} else {
		for _, f := range g.target.fields {
			g.setField(f)
		}
		g.dropOthers()
	}
	if g.decls {
		g.declare()
	}
	for _, path := range g.imports {
		edits, _ := addImport(c.file, path)
		g.edits[c.file] = append(g.edits[c.file], edits...)
	}
	for f, edits := range g.edits {
		if err := g.project.edit(f, edits...); err != nil {
			return err
		}
	}
	return nil
}

// hasVariable reports whether the configuration is in a variable.
func (g *goSettingsEdit) hasVariable() bool {
	if len(g.config.call.Args) == 0 {
		return false
	}
	_, ok := ast.Unparen(g.config.call.Args[0]).(*ast.Ident)
	return ok
}

// add adds an edit of a file.
func (g *goSettingsEdit) add(f *gocode.File, e source.Edit) { g.edits[f] = append(g.edits[f], e) }

// text returns the value of a setting as the file can have it, and notes what it
// needs.
func (g *goSettingsEdit) text(f goField) string {
	if strings.Contains(f.text, "isAllowed") {
		g.decls = true
	}
	if strings.Contains(f.text, "time.") {
		g.imports = append(g.imports, "time")
	}
	text := f.text
	if path := g.config.lib.paths[0]; strings.HasPrefix(text, "cors.") {
		text = g.config.file.Import(path) + strings.TrimPrefix(text, "cors")
	}
	if strings.Contains(text, "*echo.Context") {
		edits, name := addImport(g.config.file, "github.com/labstack/echo/v5")
		g.edits[g.config.file] = append(g.edits[g.config.file], edits...)
		text = strings.Replace(text, "*echo.", "*"+name+".", 1)
	}
	return text
}

// replaceCall replaces a call without settings, such as cors.Default().
func (g *goSettingsEdit) replaceCall() {
	c := g.config
	if g.sameAsDefaults() {
		return
	}
	path, name := c.file.Selected(c.call.Fun)
	pkg := c.file.Import(path)
	maker := "New"
	switch {
	case strings.HasPrefix(c.lib.config, "CORS"):
		maker = "CORSWithConfig"
	case name == "Handler":
		maker = name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%s(%s.%s{\n", pkg, maker, pkg, c.lib.config)
	for _, f := range g.target.fields {
		if !g.dynamic[c.lib.settings[f.name].field] {
			fmt.Fprintf(&b, "%s: %s,\n", f.name, g.text(f))
		}
	}
	g.keepOrigins(&b)
	b.WriteString("})")
	g.add(c.file, source.Edit{Span: c.file.Span(c.call), New: g.indented(b.String(), c.file, c.call)})
}

// keepOrigins writes the origins of a call that is replaced, if they are to stay.
func (g *goSettingsEdit) keepOrigins(b *strings.Builder) {
	c := g.config
	if !g.dynamic["allow_origins"] {
		return
	}
	if c.preset["AllowAllOrigins"] != nil {
		b.WriteString("AllowAllOrigins: true,\n")
	}
	if v, ok := c.value("AllowOrigins"); ok && v.more != nil {
		texts := make([]string, len(v.more))
		for i, e := range v.more {
			texts[i] = c.file.Source(e)
		}
		fmt.Fprintf(b, "AllowOrigins: []string{%s},\n", strings.Join(texts, ", "))
	}
}

// sameAsDefaults reports whether what is wanted is what the library does without
// settings.
func (g *goSettingsEdit) sameAsDefaults() bool {
	for _, f := range g.target.fields {
		if field := g.config.lib.settings[f.name].field; field != "allow_origins" && !g.isDefault(f) {
			return false
		}
	}
	return g.reader.any == slices.ContainsFunc(g.target.fields, func(f goField) bool {
		return strings.Contains(f.text, `"*"`) && strings.HasSuffix(f.name, "Origins") || f.name == "AllowAllOrigins"
	})
}

// indented returns lines with the indentation of the line of a node.
func (g *goSettingsEdit) indented(text string, f *gocode.File, n ast.Node) string {
	indent := f.Indent(f.Span(n).Start)
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		if i < len(lines)-1 {
			lines[i] = "\t" + lines[i]
		}
		lines[i] = indent + lines[i]
	}
	return strings.Join(lines, "\n")
}

// setField sets one setting, unless it is so already.
func (g *goSettingsEdit) setField(field goField) {
	c := g.config
	s := c.lib.settings[field.name]
	if g.dynamic[s.field] || c.isUnread(field.name) {
		return
	}
	v, ok := c.value(field.name)
	switch {
	case ok && !g.mentioned(s.field) || ok && g.same(v, field):
	case ok && v.expr != nil && len(v.more) == 0:
		g.replaceValue(v, field)
	case ok:
		g.replaceNode(v, field)
	case !g.isDefault(field):
		g.insertField(field)
	}
}

// mentioned reports whether a field is asked for. Those that only make origins
// possible belong to the origins.
func (g *goSettingsEdit) mentioned(field string) bool {
	return g.project.want.Mentions(field) || strings.HasPrefix(field, "dangerously_") && g.project.want.Mentions("allow_origins")
}

// same reports whether a setting has the value that it is to have.
func (g *goSettingsEdit) same(v goValue, field goField) bool {
	s := g.config.lib.settings[field.name]
	if s.kind == goFunc {
		return g.sameOrigins()
	}
	f := gocode.Parse(&source.File{Name: "x.go", Text: "package main\n\nimport (\n\t\"time\"\n\tcors \"x\"\n)\n\nvar x = " + field.text + "\n"})
	if f == nil || f.Err != nil {
		return false
	}
	value := f.AST.Decls[1].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0]
	other := goValue{name: field.name, file: f, expr: value}
	switch s.kind {
	case goOrigins, goNames, goList:
		have, okHave := v.items()
		want, okWant := other.items()
		return okHave && okWant && g.sameItems(s.field, have, want)
	case goCommas:
		have, okHave := v.file.String(v.expr)
		want, okWant := f.String(value)
		return okHave && okWant && g.sameItems(s.field, commaItems(have), commaItems(want))
	case goBool, goAny:
		if v.expr == nil {
			return true
		}
		have, okHave := v.file.Bool(v.expr)
		want, okWant := f.Bool(value)
		return okHave && okWant && have == want
	case goText:
		have, okHave := v.file.String(v.expr)
		want, okWant := f.String(value)
		return okHave && okWant && have == want
	case goCache:
		call, ok := v.expr.(*ast.CallExpr)
		wanted, okWanted := value.(*ast.CallExpr)
		if !ok || !okWanted || len(call.Args) != 1 {
			return false
		}
		have, okHave := v.file.Int(call.Args[0])
		want, okWant := f.Int(wanted.Args[0])
		return okHave && okWant && have == want
	default:
		have, okHave := v.file.Int(v.expr)
		want, okWant := f.Int(value)
		return okHave && okWant && have == want
	}
}

// sameOrigins reports whether a function that is there allows what is wanted.
func (g *goSettingsEdit) sameOrigins() bool {
	w := g.project.want
	if !w.Mentions("allow_origins") && !w.Mentions("dangerously_allow_origin_regexps") {
		return !slices.ContainsFunc(g.reader.site.Draft.Remarks, func(m Remark) bool { return m.Field == "allow_origins" && m.Kind == Lost })
	}
	if g.reader.any {
		return false
	}
	for _, field := range []string{"allow_origins", "dangerously_allow_origin_regexps"} {
		have := (&Want{}).Values(field, &g.reader.site.Draft)
		want := w.Values(field, w.wanted(&g.reader.site.Draft))
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, slices.Compact(want)) {
			return false
		}
	}
	return true
}

// commaItems returns the parts of a string with commas.
func commaItems(text string) (items []gocode.Item) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, gocode.Item{Text: part})
		}
	}
	return items
}

// sameItems reports whether two lists allow the same. Methods that browsers send
// without asking count only where the library compares those of requests.
func (g *goSettingsEdit) sameItems(field string, have, want []gocode.Item) bool {
	key := func(items []gocode.Item) (list []string) {
		for _, item := range items {
			text := item.Text
			if field == "allow_headers" || field == "expose_headers" {
				text = strings.ToLower(text)
			}
			if !g.needless(field, text) {
				list = append(list, text)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	return slices.Equal(key(have), key(want))
}

// needless reports whether an item of a list makes no difference.
func (g *goSettingsEdit) needless(field, text string) bool {
	switch field {
	case "allow_methods":
		compares := g.config.lib.stack == "rs-cors" || g.config.lib.stack == "chi"
		return !compares && slices.Contains(safelisted[field], text) || text == "OPTIONS" && !g.project.want.Mentions(field)
	case "allow_headers":
		return strings.EqualFold(text, "Accept") || strings.EqualFold(text, "Origin")
	}
	return false
}

// isDefault reports whether the library does what a setting is to say by itself.
func (g *goSettingsEdit) isDefault(field goField) bool {
	c := g.config
	s := c.lib.settings[field.name]
	values, ok := c.preset[field.name]
	if !ok {
		values, ok = c.lib.defaults[field.name]
	}
	if s.kind != goNames && s.kind != goOrigins && s.kind != goCommas {
		return false
	}
	f := gocode.Parse(&source.File{Name: "x.go", Text: "package main\n\nvar x = " + field.text + "\n"})
	if f == nil || f.Err != nil {
		return false
	}
	value := f.AST.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0]
	want, okWant := f.Strings(value)
	if text, isText := f.String(value); isText {
		want, okWant = commaItems(text), true
	}
	var have []gocode.Item
	for _, v := range values {
		have = append(have, gocode.Item{Text: v})
	}
	if s.field == "allow_methods" && (c.lib.stack == "rs-cors" || c.lib.stack == "chi") {
		for _, method := range safelisted[s.field] {
			have = append(have, gocode.Item{Text: method})
		}
	}
	if s.field == "allow_methods" && !ok && c.lib.stack == "gin" && c.literal != nil {
		return false // without a list, it answers preflights without one
	}
	return okWant && g.sameItems(s.field, have, want)
}
