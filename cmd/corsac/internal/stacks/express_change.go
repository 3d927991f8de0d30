package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cors"
)

// expressChange changes an Express project.
type expressChange struct {
	*Change

	tree *source.Tree
	want *Want
	// files are those of the app that is changed.
	files  []*expressFile
	mounts map[*jsUse][]string // the paths below which the routers are that calls are about
	// home is the file that creates the app, and app the call that does.
	home *expressFile
	app  js.Call
	// policy is what there is to be.
	policy *cors.Policy
	err    error
}

// corsCall is a call of cors in a file, and where its result is used, in the same
// file or in user; use may be nil.
type corsCall struct {
	*expressFile

	call js.Call
	user *expressFile
	use  *jsUse
}

// changeExpress changes a project so that app.use(cors(…)) does what is wanted,
// first of all and once.
func changeExpress(t *source.Tree, _ []*Site, w *Want) (*Change, error) {
	c := &expressChange{Change: &Change{}, tree: t, want: w, files: expressSources(t)}
	if !c.findApp() {
		return nil, ErrNotHere
	}
	c.mount()
	primary, others := c.calls()
	if i := slices.IndexFunc(others, func(o corsCall) bool { return c.wider(o.use) }); i >= 0 {
		return nil, fmt.Errorf("%s calls cors() for more than %s already: leave out the path, or give that call one", others[i].file.Name, w.Path)
	}
	draft, hands := c.draft(primary)
	var err error
	if c.policy, err = w.Policy(draft); err != nil {
		return nil, policyError(err)
	}
	dynamicOrigin := slices.ContainsFunc(draft.Remarks, func(r Remark) bool {
		return r.Kind == Dynamic && (r.Field == "allow_origins" || r.Field == "")
	})
	if dynamicOrigin && len(w.Add["allow_origins"]) > 0 && !w.Sets("allow_origins") {
		return nil, errors.New("the origins that are allowed now are known only when the program runs: say all origins that are to be allowed")
	}
	if len(c.policy.AllowOrigins)+len(c.policy.DangerouslyAllowOriginRegexps) == 0 && !dynamicOrigin && !c.reflects(draft) {
		return nil, errors.New("say which origins are to be allowed")
	}
	if gone := w.goneFrom(c.before(draft, others), draft); len(gone) > 0 {
		c.Notes = append(c.Notes, "No longer allowed: "+strings.Join(gone, ", ")+".")
	}
	if primary != nil {
		c.fix(primary)
	} else {
		c.insert(hands)
	}
	for _, o := range others {
		if !c.leaves(o.user, o.use, o.call.Start) {
			c.dropCall(o)
		}
	}
	c.dropHands()
	c.declare()
	c.remarks()
	c.url()
	c.dropImports()
	for name, edits := range c.Edits {
		edits = withoutOrphans(t.Open(name), edits, "//")
		c.Edits[name] = edits
		if _, err := source.Apply(t.Open(name).Text, edits); err != nil {
			c.err = cmp.Or(c.err, fmt.Errorf("%s: %w", name, err))
		}
	}
	return c.Change, c.err
}

// reflects reports whether a draft allows every origin in a way that cannot be an entry.
func (c *expressChange) reflects(d *Draft) bool {
	return slices.ContainsFunc(d.Remarks, func(r Remark) bool { return r.Field == "allow_origins" && r.Kind == Lost }) && !c.want.Mentions("allow_credentials")
}

// isTest reports whether a file is a test.
func isTest(name string) bool {
	return strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") || strings.Contains("/"+name, "/__tests__/") || strings.Contains("/"+name, "/test/") || strings.Contains("/"+name, "/tests/")
}

// findApp finds the app that is changed: the one with the most routes.
func (c *expressChange) findApp() bool {
	best, apps := -1, 0
	for _, x := range c.files {
		if isTest(x.file.Name) {
			continue
		}
		for _, app := range x.apps {
			apps++
			object := x.declaredBy(app)
			n := 0
			for _, u := range x.uses {
				if u.object == object {
					n += 2
				}
				if u.method == "listen" {
					n++
				}
			}
			if n > best || n == best && strings.Count(x.file.Name, "/") < strings.Count(c.home.file.Name, "/") {
				best, c.home, c.app = n, x, app
			}
		}
	}
	if apps > 1 {
		c.Notes = append(c.Notes, fmt.Sprintf("The project creates %d apps; this is about the one in %s.", apps, c.home.file.Name))
	}
	c.files = slices.DeleteFunc(c.files, func(x *expressFile) bool {
		return isTest(x.file.Name) || x != c.home && len(x.apps) > 0
	})
	return c.home != nil
}

// samePath reports whether two prefixes of paths are the same.
func samePath(a, b string) bool {
	return strings.Trim(a, "/*") == strings.Trim(b, "/*")
}

// calls returns the call of cors that decides, or nil, and the others.
func (c *expressChange) calls() (primary *corsCall, others []corsCall) {
	var all []corsCall
	for _, x := range c.files {
		for _, call := range x.cors {
			uses := x.usesOf(call)
			for _, u := range uses {
				all = append(all, corsCall{x, call, x, u})
			}
			if len(uses) == 0 {
				all = append(all, c.exported(x, call)...)
			}
		}
	}
	pick := -1
	for i, o := range all {
		if o.use == nil || o.use.method != "use" || !c.isFor(o.use) {
			continue
		}
		if slices.ContainsFunc(all, func(other corsCall) bool {
			return other.call.Start == o.call.Start && other.expressFile == o.expressFile && !c.concerns(other.use)
		}) {
			continue // it is for other paths, too
		}
		if pick < 0 || all[pick].user != c.home && o.user == c.home {
			pick = i
		}
	}
	for i, o := range all {
		if i == pick {
			primary = &all[i]
		} else if c.concerns(o.use) || c.wider(o.use) {
			others = append(others, o)
		}
	}
	return primary, others
}

// fix changes the options of the call that decides, and where it stands.
func (c *expressChange) fix(p *corsCall) {
	edits := c.options(p)
	target, ok := c.place(c.home)
	if !ok || p.user != c.home || !c.late(p) {
		c.Edit(p.file, edits...)
		return
	}
	if p.expressFile != c.home {
		c.Edit(p.file, edits...)
		edits = nil
	}
	c.move(p, target, edits)
}

// exported returns where other files use what a file exports, if that is a call
// of cors.
func (c *expressChange) exported(x *expressFile, call js.Call) (list []corsCall) {
	for _, y := range c.files {
		if y == x || !x.exports(call) {
			continue
		}
		for _, d := range y.Modules() {
			if (d.Imported != "default" && d.Imported != "*") || !sameModule(y.file.Name, d.Module, x.file.Name) {
				continue
			}
			for _, i := range y.Uses(d) {
				if u := y.useOf(i); u != nil {
					list = append(list, corsCall{x, call, y, u})
				}
			}
		}
	}
	if len(list) == 0 {
		list = append(list, corsCall{x, call, x, nil})
	}
	return list
}

// exports reports whether a call, or the constant that it becomes, is all that a
// file exports.
func (x *expressFile) exports(call js.Call) bool {
	is := func(r js.Range) bool {
		d := x.Decl(r.Start)
		return r.Start == call.Start || r.End == r.Start+1 && d != nil && d.Init.Start == call.Start
	}
	for _, r := range x.Statements(-1) {
		i := r.Start
		switch {
		case x.Is(i, "export", "default"):
			i += 2
		case x.Is(i, "module", ".", "exports", "="):
			i += 4
		default:
			continue
		}
		if is(js.Range{Start: i, End: x.ExpressionEnd(i, r.End)}) {
			return true
		}
	}
	return false
}

// sameModule reports whether a relative import in a file is another file.
func sameModule(from, module, name string) bool {
	if !strings.HasPrefix(module, ".") {
		return false
	}
	bare := func(s string) string {
		s = strings.TrimSuffix(s, path.Ext(s))
		return strings.TrimSuffix(s, "/index")
	}
	to := path.Join(path.Dir(from), module)
	return to == name || bare(to) == bare(name) || to == bare(name)
}

// options returns the edits of the options of a call.
func (c *expressChange) options(p *corsCall) []source.Edit {
	x := p.jsFile
	style := x.style()
	open := p.call.Open
	if len(p.call.Args) == 0 {
		list, r := npmNewOptions(c.policy, &style)
		c.Notes = append(c.Notes, r.Sentences()...)
		m := &npmFixer{want: c.want}
		text := npmObject(m.besides(list, &style), &style, x.file.Indent(x.Tokens[open].Start))
		return []source.Edit{{Span: source.Span{Start: x.Tokens[open].End, End: x.Tokens[x.Partner(open)].Start}, New: text}}
	}
	if file, options := c.elsewhere(p); file != nil {
		m := &npmFixer{jsFile: file, want: c.want, policy: c.policy, options: *options}
		m.fix()
		c.Notes = append(c.Notes, m.notes...)
		c.Edit(file.file, m.edits...)
		return nil
	}
	arg := p.call.Args[0]
	v := x.Value(arg)
	m := &npmFixer{jsFile: x, want: c.want, policy: c.policy, options: v}
	switch {
	case v.Kind == js.ObjectValue && (v.Literal() || !v.Shared || p.onlyOptions(arg)):
		m.fix()
		c.Notes = append(c.Notes, m.notes...)
		return m.edits
	case v.Kind == js.FunctionValue:
		text, r := npmOptionsText(c.policy, &style, x.file.Indent(x.Tokens[open].Start))
		c.Notes = append(append(c.Notes, r.Sentences()...), "The function that chose the options of cors() is replaced by options.")
		return []source.Edit{{Span: x.Span(arg), New: text}}
	default:
		return c.spread(x, arg)
	}
}

// elsewhere returns the options of a call if another file of the project exports
// them as an object, with that file; nil if they are not from there.
func (c *expressChange) elsewhere(p *corsCall) (*jsFile, *js.Value) {
	if len(p.call.Args) == 0 || p.call.Args[0].End != p.call.Args[0].Start+1 {
		return nil, nil
	}
	d := p.Decl(p.call.Args[0].Start)
	if d == nil || !strings.HasPrefix(d.Module, ".") {
		return nil, nil
	}
	file := p.modules.open(p.file.Name, d.Module)
	if file == nil {
		return nil, nil
	}
	v, ok := file.exportedObject(d.Imported)
	if !ok {
		return nil, nil
	}
	return file, &v
}

// spread returns the edits that put what is asked for over options that are not
// understood.
func (c *expressChange) spread(x *jsFile, arg js.Range) []source.Edit {
	style := x.style()
	list, r := npmOptionsOf(c.policy, &style, c.want.Mentions)
	c.Notes = append(c.Notes, r.Sentences()...)
	text := "{ ..." + x.Source(arg)
	for i := range list {
		if o := &list[i]; slices.ContainsFunc(npmOptionFields[o.name], c.want.Mentions) && o.literal() != "" {
			text += ", " + o.name + ": " + o.literal()
		}
	}
	c.Notes = append(c.Notes, fmt.Sprintf("The options %s are not written in %s: what they say besides is left as it is.", shorten(x.Source(arg)), x.file.Name))
	return []source.Edit{{Span: x.Span(arg), New: text + " }"}}
}

// onlyOptions reports whether a constant is used for the options of cors only.
func (p *corsCall) onlyOptions(arg js.Range) bool {
	if arg.End != arg.Start+1 {
		return false
	}
	d := p.Decl(arg.Start)
	if d == nil {
		return false
	}
	for _, i := range p.Uses(d) {
		if !slices.ContainsFunc(p.cors, func(call js.Call) bool { return len(call.Args) == 1 && call.Args[0].Start == i }) {
			return false
		}
	}
	return p.At(d.Init.Start) == "{"
}

// late reports whether something before a call may answer requests.
func (c *expressChange) late(p *corsCall) bool {
	x := p.user
	return slices.ContainsFunc(x.before(p.use), func(u *jsUse) bool {
		return u.route || u.method == "use" && !x.hasCors(u) && !x.harmless(u)
	})
}

// remarks says what is left for the user to do.
func (c *expressChange) remarks() {
	for _, x := range c.files {
		for _, u := range x.uses {
			if f := x.errorHandler(u); f != nil && x.Mentions(f.Body, "removeHeader") {
				c.Notes = append(c.Notes, fmt.Sprintf("The error handler in %s, line %d, removes headers: leave those of CORS, so that pages can read the error.", x.file.Name, x.file.Place(x.Tokens[u.Start].Start).Line))
			}
		}
	}
	slices.Sort(c.Notes)
	c.Notes = slices.Compact(c.Notes)
}

// url finds out where the server listens.
func (c *expressChange) url() {
	for _, x := range append([]*expressFile{c.home}, c.files...) {
		for _, call := range x.Methods("listen") {
			if len(call.Args) == 0 {
				continue
			}
			v := x.Value(call.Args[0])
			if v.Kind == js.DynamicValue && v.Default != nil {
				v = *v.Default
			}
			if v.Kind == js.ObjectValue && v.Prop("port") != nil {
				v = v.Prop("port").Value
			}
			if (v.Kind == js.NumberValue || v.Kind == js.StringValue) && isPort(v.Text) {
				c.URL = c.want.tried("http://localhost:"+v.Text, c.routes())
				return
			}
		}
	}
}

func isPort(s string) bool {
	return len(s) > 0 && len(s) < 6 && strings.Trim(s, "0123456789") == ""
}

// declare adds the package to package.json, if code needs it.
func (c *expressChange) declare() {
	if len(c.Edits) == 0 {
		return
	}
	x := nearestPackage(c.tree, c.home.file.Name)
	if x == nil {
		c.Notes = append(c.Notes, "There is no package.json: install the package with npm install cors.")
		return
	}
	var edits []source.Edit
	if x.version("cors") == "" {
		edits = append(edits, x.require("dependencies", "cors", "^2.8.6")...)
	}
	typed := c.home.Dialect != js.JavaScript && (x.version("typescript") != "" || x.version("@types/express") != "" || x.version("@types/node") != "")
	if typed && x.version("@types/cors") == "" {
		edits = append(edits, x.require("devDependencies", "@types/cors", "^2.8.19")...)
	}
	if len(edits) > 0 {
		c.Edit(x.file, edits...)
		c.Install = installCommand(c.tree, x)
		if dir := path.Dir(x.file.Name); dir != "." {
			c.Install = "cd " + dir + " && " + c.Install
		}
	}
}
