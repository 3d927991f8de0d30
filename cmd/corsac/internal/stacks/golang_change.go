package stacks

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// changeGo changes a project of one of the stacks of Go. It changes the settings
// of the library that the project uses, or adds a middleware: that of the
// framework, corsac's if go.mod has it, or a file of its own. Then it takes out
// the CORS headers that handlers set themselves.
func changeGo(t *source.Tree, stack string, w *Want) (*Change, error) {
	p := openGo(t, w)
	packages := p.packages()
	configs, written := goSettingsIn(packages)
	kind := goKindOf(packages, configs, stack)
	unused := stack == "chi" && usesPackage(packages, "github.com/go-chi/chi") || stack == "rs-cors" && p.requires(rsCORS)
	if kind != stack && (kind != "go" || !unused) {
		return nil, ErrNotHere
	}
	configs = slices.DeleteFunc(configs, func(c *goConfig) bool { return c.lib.stack != kind })
	p.change.URL = w.tried(goURL(packages), goRoutes(packages))
	p.home = goHome(packages, configs, written, kind)
	var err error
	switch {
	case slices.ContainsFunc(configs, func(c *goConfig) bool { return c.lib.config == "" }):
		err = p.replaceGorilla(configs)
	case len(configs) > 0:
		err = p.changeSettings(configs)
	case len(written) > 0:
		err = p.changeWritten(written)
	case kind == "gin" || kind == "echo" || kind == "fiber":
		err = p.insertUse(kind, packages)
	default:
		draft := handDraft(packages)
		p.dropLiteralStars(draft)
		err = p.insertWrapper(packages, draft)
	}
	if err != nil {
		return nil, err
	}
	if err := p.takeOutHeaders(); err != nil {
		return nil, err
	}
	return p.finish()
}

// replaceGorilla takes out handlers.CORS(…) of gorilla/handlers, which sends no
// Vary and only ten minutes of Access-Control-Max-Age, and wraps the server in a
// middleware that keeps what its options say.
func (p *goProject) replaceGorilla(configs []*goConfig) error {
	draft := handDraft(p.packages())
	edits := map[*gocode.File][]source.Edit{}
	for _, c := range configs {
		edit, ok := withoutUse(c.file, c.call.Fun)
		if applied := c.applied(c.call); applied != nil {
			inner, whole := c.file.Span(applied.Args[0]), c.file.Span(applied)
			edit, ok = []source.Edit{{Span: source.Span{Start: whole.Start, End: inner.Start}}, {Span: source.Span{Start: inner.End, End: whole.End}}}, true
		}
		if !ok || c.lib.config != "" {
			return fmt.Errorf("%s: corsac cannot replace this use of gorilla/handlers: take it out, and run this again", placeOf(c.file, c.call))
		}
		edits[c.file] = append(edits[c.file], edit...)
		r := &goReader{stack: "go", site: c.site(), config: c}
		r.read()
		draft.Entries = append(draft.Entries, r.site.Draft.Entries...)
	}
	for f, list := range edits {
		if err := p.edit(f, list...); err != nil {
			return err
		}
	}
	p.note("handlers.CORS(…) of gorilla/handlers is replaced: it sends no Vary: Origin, and keeps Access-Control-Max-Age at ten minutes.")
	p.noteGone(draft)
	return p.insertWrapper(p.packages(), draft)
}

// goHome returns the folders of the packages that are about the server.
func goHome(packages []*gocode.Package, configs []*goConfig, written []*gocode.File, kind string) (dirs []string) {
	for _, c := range configs {
		dirs = append(dirs, c.file.Package.Dir)
	}
	for _, f := range written {
		dirs = append(dirs, f.Package.Dir)
	}
	for _, e := range goEngines(packages, kind) {
		dirs = append(dirs, e.file.Package.Dir)
	}
	for _, s := range pages(goServes(packages)) {
		dirs = append(dirs, s.file.Package.Dir)
	}
	return dirs
}

// goSettingsIn returns the calls of libraries, and the files that corsac wrote.
func goSettingsIn(packages []*gocode.Package) (configs []*goConfig, written []*gocode.File) {
	for _, pkg := range packages {
		for _, stack := range goAllStacks {
			configs = append(configs, goConfigs(pkg, stack)...)
		}
		for _, f := range pkg.Files {
			if goWrittenSite(f) != nil {
				written = append(written, f)
			}
		}
	}
	return configs, written
}

// goKindOf returns the stack that a project is of: that of the library that it
// uses, or of its framework.
func goKindOf(packages []*gocode.Package, configs []*goConfig, asked string) string {
	switch {
	case slices.ContainsFunc(configs, func(c *goConfig) bool { return c.lib.stack == asked }):
		return asked
	case len(configs) > 0:
		return configs[0].lib.stack
	}
	for _, kind := range []string{"gin", "echo", "fiber"} {
		if len(goEngines(packages, kind)) > 0 {
			return kind
		}
	}
	return "go"
}

// usesPackage reports whether a file imports a package whose path has a prefix.
func usesPackage(packages []*gocode.Package, prefix string) bool {
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			for _, spec := range f.AST.Imports {
				if strings.HasPrefix(strings.Trim(spec.Path.Value, "`\""), prefix) {
					return true
				}
			}
		}
	}
	return false
}

// handDraft returns what the headers say that are set by hand, all places
// together.
func handDraft(packages []*gocode.Package) *Draft {
	var d Draft
	for _, pkg := range packages {
		for _, s := range goHandSites(pkg, nil, false) {
			for _, e := range s.Draft.Entries {
				if !slices.ContainsFunc(d.Entries, func(other Entry) bool { return other.Field == e.Field && other.Value == e.Value }) {
					d.Entries = append(d.Entries, e)
				}
			}
		}
	}
	anyOrigin := slices.ContainsFunc(d.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value == "*" })
	if anyOrigin {
		d.Entries = slices.DeleteFunc(d.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value != "*" })
	}
	return &d
}

// dropLiteralStars leaves out the * of headers that are set by hand, if there are to
// be credentials: with those, browsers take it for a name, so that it allows nothing,
// and the middleware would allow everything.
func (p *goProject) dropLiteralStars(d *Draft) {
	if !slices.Contains(p.want.Values("allow_credentials", d), "true") {
		return
	}
	d.Entries = slices.DeleteFunc(d.Entries, func(e Entry) bool {
		star := e.Value == "*" && e.Field != "allow_origins" && !p.want.Mentions(e.Field)
		if star {
			p.note("%s was *, which means nothing with credentials; name what pages need.", e.Field)
		}
		return star
	})
}

// wanted returns what there is to be in the place of a draft. What the draft has
// and cannot be together with it is left out.
func (w *Want) wanted(d *Draft) *Draft {
	kept := &Draft{Remarks: d.Remarks}
	for _, e := range d.Entries {
		named := w.Mentions("allow_origins")
		switch {
		case e.Default:
			continue
		case e.Field == "allow_origins" && e.Value == "*" && len(w.Add["allow_origins"]) > 0:
			continue // the ones to add are the ones that are wanted
		case named && w.Sets("allow_origins") && (e.Field == "dangerously_allow_origin_regexps" || strings.HasPrefix(e.Field, "dangerously_")):
			continue
		case e.Field == "allow_credentials" && slices.Contains(w.Values("allow_origins", d), "*"):
			continue
		}
		kept.Entries = append(kept.Entries, e)
	}
	return kept
}

// policyError returns an error about what cannot be done, in one line.
func policyError(err error) error {
	return fmt.Errorf("what would be there is not a policy: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// noteGone notes what is no longer allowed.
func (p *goProject) noteGone(d *Draft) {
	if gone := p.want.gone(d); len(gone) > 0 {
		p.note("No longer allowed: %s.", strings.Join(gone, ", "))
	}
}

// changeWritten changes the file that corsac fix wrote earlier.
func (p *goProject) changeWritten(files []*gocode.File) error {
	for _, f := range files {
		site := goWrittenSite(f)
		old, err := site.Draft.Policy()
		if err != nil {
			return policyError(err)
		}
		if p.want.Path != "" && !samePrefix(p.want.Path, site.Path) {
			return fmt.Errorf("%s is for the paths below %q: change corsPath there, or delete the file", f.Name, site.Path)
		}
		policy, err := p.want.Policy(p.want.wanted(&site.Draft))
		if err != nil {
			return policyError(err)
		}
		g := goWritten{pkg: f.Package.Name, path: site.Path, policy: old}
		if strings.Contains(f.Text, goOtherNames.Replace(goWrapper)) {
			g.rename = true
		}
		was := g.text()
		g.policy = policy
		now := g.text()
		switch {
		case was == now:
		case was == f.Text:
			p.noteGone(&site.Draft)
			p.set(f.Name, now)
		default:
			return fmt.Errorf("%s was changed by hand since corsac fix wrote it: change its values, or delete the file and run this again", f.Name)
		}
	}
	return nil
}

// goEngine is a statement that makes the router of a framework.
type goEngine struct {
	file      *gocode.File
	statement *ast.AssignStmt
	// name is the router, such as r.
	name string
	// version is that in the import path of the framework, such as v5.
	version string
}

// goMakers are the functions that make routers.
var goMakers = map[string]struct {
	prefix string
	names  []string
}{
	"gin":   {"github.com/gin-gonic/gin", []string{"New", "Default"}},
	"echo":  {"github.com/labstack/echo", []string{"New"}},
	"fiber": {"github.com/gofiber/fiber", []string{"New"}},
	"chi":   {"github.com/go-chi/chi", []string{"NewRouter", "NewMux"}},
}

var majorVersion = lazyregexp.New(`^/v[0-9]+$`)

// goEngines returns the routers of a framework.
func goEngines(packages []*gocode.Package, kind string) (list []goEngine) {
	maker := goMakers[kind]
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			ast.Inspect(f.AST, func(n ast.Node) bool {
				s, ok := n.(*ast.AssignStmt)
				if !ok || len(s.Rhs) != 1 || len(s.Lhs) != 1 {
					return true
				}
				call, ok := s.Rhs[0].(*ast.CallExpr)
				if !ok {
					return true
				}
				path, name := f.Selected(call.Fun)
				if rest, ok := strings.CutPrefix(path, maker.prefix); ok && slices.Contains(maker.names, name) && (rest == "" || majorVersion.MatchString(rest)) {
					list = append(list, goEngine{f, s, f.Source(s.Lhs[0]), strings.TrimPrefix(rest, "/")})
				}
				return true
			})
		}
	}
	return list
}
