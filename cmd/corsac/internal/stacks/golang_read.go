package stacks

import (
	"cmp"
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/origin"
)

// goSource returns how the files of a stack of Go are read and changed.
func goSource(stack string) *Source {
	rules := goRulesOf(stack)
	return &Source{
		Files: []string{"*.go", "go.mod"},
		Rules: rules,
		Read:  func(t *source.Tree) []*Site { return goSites(t, stack, rules) },
		Change: func(t *source.Tree, _ []*Site, w *Want) (*Change, error) {
			return changeGo(t, stack, w)
		},
	}
}

// goSites returns the places of a stack in a project.
func goSites(t *source.Tree, stack string, rules []*Rule) (sites []*Site) {
	texts := goPaths(stack)
	library := slices.ContainsFunc(t.Files("*.go"), func(f *source.File) bool {
		return slices.ContainsFunc(goLibraries, func(lib *goLibrary) bool {
			return slices.ContainsFunc(lib.paths, func(path string) bool { return strings.Contains(f.Text, goString(path)) })
		})
	})
	if stack == "go" {
		texts = append(texts, "access-control-", "accesscontrol", "withCORS")
	}
	for _, p := range gocode.Load(t, texts...) {
		for _, c := range goConfigs(p, stack) {
			r := &goReader{stack: stack, rules: rules, site: c.site(), config: c}
			r.read()
			sites = append(sites, r.site)
		}
		if stack == "go" {
			sites = append(sites, goHandSites(p, rules, library)...)
			sites = append(sites, goWrittenSites(p)...)
		}
	}
	slices.SortStableFunc(sites, func(a, b *Site) int {
		return cmp.Or(cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Start, b.Start))
	})
	return sites
}

// site returns the place of a call, without what it says.
func (c *goConfig) site() *Site {
	return &Site{Title: c.file.Source(c.call.Fun) + "(…)", File: c.file.File, Span: c.file.Span(c.call), Path: c.path()}
}

// path returns the prefix of a corsac router that the function around the call
// makes; "" if there is none.
func (c *goConfig) path() (prefix string) {
	d := c.file.Declaration(c.call)
	if d == nil || c.lib.config != "Policy" {
		return ""
	}
	ast.Inspect(d, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		literal, isLiteral := call.Args[0].(*ast.CompositeLit)
		if path, name := c.file.Selected(call.Fun); isLiteral && goLibraryOf(path) == c.lib && name == "NewRouter" && len(literal.Elts) == 1 {
			if kv, ok := literal.Elts[0].(*ast.KeyValueExpr); ok {
				prefix, _ = c.file.String(kv.Key)
			}
		}
		return true
	})
	return prefix
}

// goReader reads a configuration into a site.
type goReader struct {
	stack  string
	rules  []*Rule
	site   *Site
	config *goConfig
	// any says that every origin is allowed, reflects that it is sent back, and
	// anyAt is what says so.
	any, reflects bool
	anyAt         goUnread
	origins       int // entries of origins
	credentials   *Entry
	terms         int // conditions read so far
}

// fault adds a fault about a node, if the stack has the rule.
func (r *goReader) fault(id string, f *gocode.File, n ast.Node, edits ...source.Edit) {
	if rule := ruleNamed(r.rules, r.stack+"/"+id); rule != nil {
		r.site.Faults = append(r.site.Faults, Fault{Rule: rule, File: f.File, Span: f.Span(n), Evidence: f.Line(n), Edits: edits})
	}
}

// remark adds a remark about a node.
func (r *goReader) remark(kind RemarkKind, field string, f *gocode.File, n ast.Node, format string, args ...any) {
	r.site.Draft.Remarks = append(r.site.Draft.Remarks, Remark{kind, field, fmt.Sprintf(format, args...), f.File, f.Span(n)})
}

// entry adds an entry, if a policy can have it.
func (r *goReader) entry(field, value string, f *gocode.File, n ast.Node) {
	if err := validEntry(field, value); err != nil {
		kind, text := leftOut(value, err)
		r.remark(kind, field, f, n, "%s", text)
		return
	}
	r.add(Entry{Field: field, Value: value, File: f.File, Span: f.Span(n)})
}

// add adds an entry that is not there yet.
func (r *goReader) add(e Entry) {
	if !slices.ContainsFunc(r.site.Draft.Entries, func(other Entry) bool { return other.Field == e.Field && other.Value == e.Value }) {
		r.site.Draft.Entries = append(r.site.Draft.Entries, e)
	}
}

// read reads the whole configuration.
func (r *goReader) read() {
	c := r.config
	for _, u := range c.unread {
		field := c.lib.settings[u.name].field
		text := "What this sets is known only when the program runs: %s."
		if field == "" && c.fromFile() {
			text = "This is a policy of the file that package policyfile reads: %s."
		}
		r.remark(Dynamic, field, u.file, u.node, text, u.file.Line(u.node))
	}
	r.readOrigins()
	names := make([]string, 0, len(c.lib.settings))
	for name := range c.lib.settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v, ok := c.value(name); ok {
			r.readValue(name, v)
		} else if c.lib.settings[name].field != "allow_origins" && !c.isUnread(name) {
			r.addDefaults(name)
		}
	}
	r.judge()
	r.placement()
	r.site.Draft.Sort()
}

// addDefaults adds what the library does for a setting that is not there.
func (r *goReader) addDefaults(name string) {
	c := r.config
	values, ok := c.preset[name]
	if !ok {
		values = c.lib.defaults[name]
	}
	for _, value := range values {
		r.add(Entry{Field: c.lib.settings[name].field, Value: value, Default: true, File: c.file.File, Span: c.file.Span(c.call)})
	}
}

// readValue reads a setting that does not list origins.
func (r *goReader) readValue(name string, v goValue) {
	s := r.config.lib.settings[name]
	if s.field == "allow_origins" {
		return
	}
	switch s.kind {
	case goNames, goList:
		r.readNames(s.field, v)
	case goCommas:
		r.readCommas(s.field, v)
	case goBool:
		r.readBool(s.field, v)
	case goSeconds, goDuration, goCache:
		r.readAge(s.kind, v)
	case goStatus:
		if n, ok := r.number(s.field, v); ok && n != 204 && n != 0 {
			r.entry(s.field, strconv.FormatInt(n, 10), v.file, v.expr)
		}
	case goText:
		if text, ok := v.file.String(v.expr); ok && text != "" {
			r.entry(s.field, text, v.file, v.expr)
		} else if !ok {
			r.dynamic(s.field, v)
		}
	case goRisky:
		r.readRisky(name, v)
	}
}

// dynamic says that a value is not literal.
func (r *goReader) dynamic(field string, v goValue) {
	n := v.node
	if v.expr != nil {
		n = v.expr
	}
	r.remark(Dynamic, field, v.file, n, "%s is known only when the program runs: %s.", v.name, v.file.Line(n))
}

// items returns the strings of a list.
func (v goValue) items() ([]gocode.Item, bool) {
	var items []gocode.Item
	ok := true
	if v.expr != nil {
		items, ok = v.file.Strings(v.expr)
	}
	for _, e := range v.more {
		s, okItem := v.file.String(e)
		items, ok = append(items, gocode.Item{Text: s, File: v.file, Node: e}), ok && okItem
	}
	return items, ok
}

// readNames reads a list of methods or headers.
func (r *goReader) readNames(field string, v goValue) {
	items, ok := v.items()
	if !ok {
		r.dynamic(field, v)
		return
	}
	if len(items) == 0 {
		r.addDefaults(v.name)
	}
	r.addNames(field, items)
}

// readCommas reads names in one string.
func (r *goReader) readCommas(field string, v goValue) {
	text, ok := v.file.String(v.expr)
	if !ok {
		r.dynamic(field, v)
		return
	}
	var items []gocode.Item
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, gocode.Item{Text: part, File: v.file, Node: v.expr})
		}
	}
	if len(items) == 0 {
		r.addDefaults(v.name)
	}
	r.addNames(field, items)
}

// safelisted are what pages may always use, or what only the browser sets; lists
// have them without need.
var safelisted = map[string][]string{
	"allow_methods": {"GET", "HEAD", "POST"},
	"allow_headers": {"Accept", "Origin"},
}

func (r *goReader) addNames(field string, items []gocode.Item) {
	var texts []string
	for _, item := range items {
		texts = append(texts, item.Text)
	}
	if slices.Contains(texts, "*") {
		items = slices.DeleteFunc(slices.Clone(items), func(i gocode.Item) bool {
			return i.Text != "*" && (field != "allow_headers" || !strings.EqualFold(i.Text, "Authorization"))
		})
	}
	for _, item := range items {
		if !slices.ContainsFunc(safelisted[field], func(s string) bool { return strings.EqualFold(s, item.Text) }) {
			r.entry(field, item.Text, item.File, item.Node)
		}
	}
	if field != "allow_methods" || len(items) == 0 || slices.Contains(texts, "*") || r.config == nil {
		return
	}
	missing := slices.DeleteFunc([]string{"GET", "HEAD", "POST"}, func(method string) bool { return slices.Contains(texts, method) })
	if rule := ruleNamed(r.rules, r.stack+"/method-missing"); rule != nil && len(missing) > 0 {
		at := items[len(items)-1]
		r.site.Faults = append(r.site.Faults, Fault{Rule: rule, File: at.File.File, Span: at.File.Span(at.Node), Evidence: "not listed: " + strings.Join(missing, ", ")})
	}
}

// readBool reads true or false.
func (r *goReader) readBool(field string, v goValue) {
	on := true
	if v.expr != nil {
		var ok bool
		if on, ok = v.file.Bool(v.expr); !ok {
			r.dynamic(field, v)
			return
		}
	}
	if !on {
		return
	}
	e := Entry{Field: field, Value: "true", File: v.file.File, Span: v.file.Span(v.node)}
	if field == "allow_credentials" {
		r.credentials = &e
		return
	}
	r.add(e)
}

// number returns the value of a setting that is a number.
func (r *goReader) number(field string, v goValue) (int64, bool) {
	if v.expr == nil {
		return 0, false
	}
	n, ok := v.file.Int(v.expr)
	if !ok {
		r.dynamic(field, v)
	}
	return n, ok
}

// readAge reads how long preflights are remembered.
func (r *goReader) readAge(kind goKind, v goValue) {
	if kind == goCache {
		call, ok := v.expr.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			r.dynamic("max_age", v)
			return
		}
		v.expr = call.Args[0]
	}
	n, ok := r.number("max_age", v)
	if !ok {
		return
	}
	d := time.Duration(n)
	if kind == goSeconds {
		if n > 1<<31 {
			n = 1 << 31
		}
		d = time.Duration(n) * time.Second
	}
	if kind != goCache && n == 0 {
		return // no header
	}
	if r.config.lib.config == "" && n > 600 {
		r.fault("max-age-capped", v.file, v.expr)
		d = 10 * time.Minute
	}
	const most = 24 * time.Hour
	if d > most {
		r.remark(Differs, "max_age", v.file, v.expr, "No browser remembers a preflight for more than 24 hours.")
		d = most
	}
	r.entry("max_age", max(0, d.Truncate(time.Second)).String(), v.file, v.expr)
}

// readRisky reports settings that are mistakes.
func (r *goReader) readRisky(name string, v goValue) {
	if v.expr != nil {
		if on, ok := v.file.Bool(v.expr); ok && !on {
			return
		}
	}
	id := map[string]string{
		"Debug": "debug", "OptionsPassthrough": "passes-preflights", "IgnoreOptions": "passes-preflights",
		"AllowFiles": "risky-scheme", "AllowBrowserExtensions": "risky-scheme",
	}[name]
	r.fault(id, v.file, v.node)
	if id == "risky-scheme" {
		r.remark(Lost, "allow_origins", v.file, v.node, "%s allows more origins than a policy should list.", name)
	}
}

// whom adds what origins and credentials mean together.
func (r *goReader) whom() {
	switch {
	case r.reflects && r.credentials != nil:
		r.fault("reflects-with-credentials", r.anyAt.file, r.anyAt.node)
		r.remark(Lost, "allow_origins", r.anyAt.file, r.anyAt.node, "Every origin is allowed with credentials, which no policy can say: list the origins.")
	case r.reflects:
		r.fault("reflects-every-origin", r.anyAt.file, r.anyAt.node)
		r.entry("allow_origins", "*", r.anyAt.file, r.anyAt.node)
		r.remark(Differs, "allow_origins", r.anyAt.file, r.anyAt.node, "Every origin is sent back as it is; a policy sends *, which allows the same.")
	case r.any && r.credentials != nil:
		r.fault("any-origin-with-credentials", r.anyAt.file, r.anyAt.node)
		r.site.Draft.Remarks = append(r.site.Draft.Remarks, Remark{
			Lost, "allow_credentials", "Every origin (*) is allowed, with which browsers refuse credentials.", r.credentials.File, r.credentials.Span,
		})
	case r.any:
		r.fault("any-origin", r.anyAt.file, r.anyAt.node)
	}
	if r.credentials == nil {
		r.addAuthorization()
	}
	if r.credentials != nil && !r.any {
		r.add(*r.credentials)
	}
}

// judge adds what the settings mean together.
func (r *goReader) judge() {
	r.whom()
	if (r.stack == "gin" || r.config.lib.config == "") && !r.any {
		r.fault("without-vary", r.config.file, r.config.call.Fun)
	}
	if r.stack == "gin" && !r.any {
		r.fault("blocks-requests", r.config.file, r.config.call.Fun)
	}
	r.nameLists()
}

// nameLists drops a * among origins with others.
func (r *goReader) nameLists() {
	if r.any {
		r.site.Draft.Entries = slices.DeleteFunc(r.site.Draft.Entries, func(e Entry) bool {
			return e.Field == "allow_origins" && e.Value != "*" || e.Field == "dangerously_allow_origin_regexps" || e.Field == "dangerously_allow_null_origin"
		})
	}
	r.allowInsecure()
}

// addAuthorization adds the header that * does not stand for, if the library
// repeats whatever a preflight asks for, as rs/cors and its fork do.
func (r *goReader) addAuthorization() {
	if r.config == nil || r.config.lib.stack != "rs-cors" && r.config.lib.stack != "chi" {
		return
	}
	entries := r.site.Draft.Entries
	is := func(value string) func(Entry) bool {
		return func(e Entry) bool { return e.Field == "allow_headers" && strings.EqualFold(e.Value, value) }
	}
	if i := slices.IndexFunc(entries, is("*")); i >= 0 && !slices.ContainsFunc(entries, is("Authorization")) {
		e := entries[i]
		e.Value, e.Default = "Authorization", true
		r.site.Draft.Entries = slices.Insert(entries, i+1, e)
	}
}

// allowInsecure adds what a policy needs for plain http origins with credentials.
func (r *goReader) allowInsecure() {
	if r.credentials == nil || r.any || r.stack == "jub0bs" || r.config != nil && r.config.lib.config == "Policy" {
		return
	}
	for _, e := range r.site.Draft.Entries {
		p, err := origin.ParsePattern(e.Value)
		if e.Field != "allow_origins" || err != nil {
			continue
		}
		one := Draft{Entries: []Entry{e, {Field: "allow_credentials", Value: "true"}}}
		if _, err := one.Policy(); err == nil {
			continue
		}
		field := "dangerously_allow_public_suffixes_with_credentials"
		if p.Origin().Scheme() == "http" {
			field = "dangerously_allow_insecure_origins_with_credentials"
		}
		r.add(Entry{Field: field, Value: "true", File: e.File, Span: e.Span})
	}
}
