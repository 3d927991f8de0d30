package stacks

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// goServe is where a program serves a handler.
type goServe struct {
	file *gocode.File
	// node is the call or literal; handler is nil if it is that of package http,
	// which is then to be put at insert.
	node    ast.Node
	handler ast.Expr
	insert  int
	// address is where it listens, if the files show it.
	address string
	tls     bool
}

// goServes returns the places where a package serves handlers.
func goServes(packages []*gocode.Package) (list []goServe) {
	for _, pkg := range packages {
		for _, f := range pkg.Files {
			if !f.Imports("net/http") || goWrittenSite(f) != nil {
				continue
			}
			ast.Inspect(f.AST, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if s, ok := servedBy(f, n); ok {
						list = append(list, s)
					}
				case *ast.CompositeLit:
					if p, name := f.Selected(n.Type); p == "net/http" && name == "Server" {
						if s, ok := servedIn(f, n); ok {
							list = append(list, s)
						}
					}
				}
				return true
			})
		}
	}
	return list
}

// servedBy returns the handler of a call such as http.ListenAndServe.
func servedBy(f *gocode.File, call *ast.CallExpr) (goServe, bool) {
	p, name := f.Selected(call.Fun)
	last := len(call.Args) - 1
	index := map[string]int{"ListenAndServe": 1, "ListenAndServeTLS": 3, "Serve": 1, "ServeTLS": 1}
	i, ok := index[name]
	if p != "net/http" || !ok || i > last {
		return goServe{}, false
	}
	s := goServe{file: f, node: call, handler: call.Args[i], tls: strings.HasSuffix(name, "TLS")}
	if strings.HasPrefix(name, "Listen") {
		s.address = addressOf(f, call.Args[0])
	}
	return s, true
}

// servedIn returns the handler of a literal http.Server: its field, or what is set
// later in the same file.
func servedIn(f *gocode.File, literal *ast.CompositeLit) (goServe, bool) {
	s := goServe{file: f, node: literal, insert: f.Offset(literal.Rbrace)}
	for _, e := range literal.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return s, false
		}
		switch f.Source(kv.Key) {
		case "Handler":
			s.handler = kv.Value
		case "Addr":
			s.address = addressOf(f, kv.Value)
		}
	}
	if s.handler != nil {
		return s, true
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		set, ok := n.(*ast.AssignStmt)
		if ok && len(set.Lhs) == 1 && len(set.Rhs) == 1 {
			if sel, isSel := set.Lhs[0].(*ast.SelectorExpr); isSel && sel.Sel.Name == "Handler" {
				s.handler = set.Rhs[0]
			}
		}
		return true
	})
	return s, true
}

// goOtherHandlers are handlers of servers that are not for pages: metrics,
// profiles, redirects to https and certificates.
var goOtherHandlers = []string{"promhttp.", "redirect", "Redirect", "HTTPHandler(", "pprof", "metrics", "Metrics", "expvar"}

// pages returns the places that serve pages and APIs.
func pages(all []goServe) (list []goServe) {
	for _, s := range all {
		if s.handler != nil && containsOne(s.file.Source(s.handler), goOtherHandlers) {
			continue
		}
		list = append(list, s)
	}
	if len(list) < 2 {
		return list
	}
	named := slices.DeleteFunc(slices.Clone(list), func(s goServe) bool { return s.isDefault() && s.file.Imports("net/http/pprof") })
	if len(named) > 0 {
		list = named
	}
	return list
}

func containsOne(text string, list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(text, s) })
}

// isDefault reports whether it serves http.DefaultServeMux.
func (s *goServe) isDefault() bool {
	return s.handler == nil || s.file.Source(s.handler) == "nil"
}

// insertWrapper wraps the handler of the server, and adds the file with the
// middleware, for what is wanted in the place of a draft.
func (p *goProject) insertWrapper(packages []*gocode.Package, draft *Draft) error {
	serves := pages(goServes(packages))
	if len(serves) == 0 {
		return ErrNotHere
	}
	f := serves[0].file
	for _, s := range serves[1:] {
		if s.file.Package != f.Package || handlerText(s) != handlerText(serves[0]) {
			return fmt.Errorf("the project has several servers, and corsac cannot know which is meant: %s and %s; wrap the handler yourself, as corsac generate go shows", placeOf(serves[0].file, serves[0].node), placeOf(s.file, s.node))
		}
	}
	policy, err := p.want.Policy(p.want.wanted(draft))
	if err != nil {
		if policy, err = p.want.Policy(&Draft{}); err != nil {
			return policyError(err)
		}
	}
	if ok, err := p.insertRS(serves, policy); ok || err != nil {
		return err
	}
	g := goWritten{pkg: f.Package.Name, path: withSlash(p.want.Path), policy: policy}
	g.rename = slices.ContainsFunc(goWrittenNames, f.Package.DeclaresGlobal)
	wrapper, text := goWrapper, ""
	if p.requires("github.com/corsac-dev/corsac") {
		text, err = p.corsacFile(&g)
	} else {
		text = g.text()
	}
	if g.rename {
		wrapper = goOtherNames.Replace(wrapper)
	}
	if err != nil {
		return err
	}
	p.set(p.newName(f.Package), text)
	paths := "outside of all other middleware"
	if p.want.Path != "" {
		paths = "for the paths below " + p.want.Path + "; handlers of other paths keep the headers that they set"
	}
	p.note("%s wraps the whole server, %s. A panic that no handler recovers from closes the connection, as before: no page can read why.", wrapper, paths)
	return p.wrapServes(serves, wrapper)
}

// handlerText returns what a place serves, as text.
func handlerText(s goServe) string {
	if s.isDefault() {
		return "nil"
	}
	return s.file.Source(s.handler)
}

// placeOf returns the position of a node.
func placeOf(f *gocode.File, n ast.Node) string {
	return finding.Position(f.Place(f.Span(n).Start))
}

// wrapServes puts a call around the handlers.
func (p *goProject) wrapServes(serves []goServe, wrapper string) error {
	edits := map[*gocode.File][]source.Edit{}
	for _, s := range serves {
		f := s.file
		defaultMux := f.Import("net/http") + ".DefaultServeMux"
		switch {
		case s.handler == nil:
			literal := s.node.(*ast.CompositeLit)
			insert := source.Insert(s.insert, "Handler: "+wrapper+"("+defaultMux+")")
			if n := len(literal.Elts); n > 0 {
				last := f.Span(literal.Elts[n-1])
				insert = source.Insert(last.End, ", Handler: "+wrapper+"("+defaultMux+")")
				if strings.Contains(f.Text[last.End:s.insert], "\n") {
					insert = source.Insert(f.LineStart(s.insert), f.Indent(last.Start)+"Handler: "+wrapper+"("+defaultMux+"),\n")
				}
			}
			edits[f] = append(edits[f], insert)
		case s.isDefault():
			edits[f] = append(edits[f], source.Edit{Span: f.Span(s.handler), New: wrapper + "(" + defaultMux + ")"})
		default:
			span := f.Span(s.handler)
			edits[f] = append(edits[f], source.Insert(span.Start, wrapper+"("), source.Insert(span.End, ")"))
		}
	}
	for f, list := range edits {
		if err := p.edit(f, list...); err != nil {
			return err
		}
	}
	return nil
}

// newName returns the name of a new file in a package.
func (p *goProject) newName(pkg *gocode.Package) string {
	for _, base := range []string{"cors.go", "cors_middleware.go", "cors_corsac.go"} {
		name := path.Join(pkg.Dir, base)
		if !slices.ContainsFunc(p.files, func(f *source.File) bool { return f.Name == name }) && p.tree.Open(name) == nil {
			return name
		}
	}
	return path.Join(pkg.Dir, "cors_by_corsac.go")
}

// corsacFile returns the file for a project that has corsac's module.
func (p *goProject) corsacFile(g *goWritten) (string, error) {
	target, err := goTargetOf(goLibraries[0], g.policy)
	if err != nil {
		return "", err
	}
	var c code
	c.line("package %s", g.pkg)
	c.line("")
	c.line("import (")
	c.line(`	"log"`)
	c.line(`	"net/http"`)
	c.when(slices.Contains(target.imports, "time"), `	"time"`)
	c.line("")
	c.line(`	"github.com/corsac-dev/corsac/cors"`)
	c.line(")")
	c.line("")
	c.line("// withCORS answers preflights, and sets the CORS headers of every other")
	c.line("// response, in place of those that handlers set. Wrap the whole server in it,")
	c.line("// outside of authentication.")
	c.line("func withCORS(next http.Handler) http.Handler {")
	c.line("	policy, err := cors.New(cors.Policy{")
	for _, f := range target.fields {
		c.line("		%s: %s,", f.name, f.text)
	}
	c.line("	})")
	c.line("	if err != nil {")
	c.line("		log.Fatal(err)")
	c.line("	}")
	if g.path != "" {
		c.line("	router, err := cors.NewRouter(map[string]*cors.Middleware{%s: policy})", goString(g.path))
		c.line("	if err != nil {")
		c.line("		log.Fatal(err)")
		c.line("	}")
		c.line("	return router.WrapWith(next, cors.WrapOptions{Override: true})")
	} else {
		c.line("	return policy.WrapOverride(next)")
	}
	c.line("}")
	text := gofmtFile(c.String())
	if g.rename {
		text = goOtherNames.Replace(text)
	}
	return text, nil
}

// insertUse adds the middleware of a framework right after its router is made.
func (p *goProject) insertUse(kind string, packages []*gocode.Package) error {
	engines := goEngines(packages, kind)
	if len(engines) > 1 {
		return fmt.Errorf("the project makes several routers, and corsac cannot know which is meant: %s and %s", placeOf(engines[0].file, engines[0].statement), placeOf(engines[1].file, engines[1].statement))
	}
	if p.want.Path != "" {
		return fmt.Errorf("corsac cannot limit %s to %s: use its middleware on a group, as corsac generate %s shows", Lookup(kind).Title, p.want.Path, kind)
	}
	e := engines[0]
	modulePath := map[string]string{
		"gin": "github.com/gin-contrib/cors", "echo": path.Join("github.com/labstack/echo", e.version, "middleware"),
		"fiber": path.Join("github.com/gofiber/fiber", e.version, "middleware/cors"),
	}[kind]
	lib := goLibraryOf(modulePath)
	if lib == nil {
		return fmt.Errorf("corsac does not know this version of %s: %s", Lookup(kind).Title, modulePath)
	}
	policy, err := p.want.Policy(p.want.wanted(handDraft(packages)))
	if err != nil {
		if policy, err = p.want.Policy(&Draft{}); err != nil {
			return policyError(err)
		}
	}
	target, err := p.target(lib, policy)
	if err != nil {
		return err
	}
	if kind == "gin" {
		p.require("github.com/gin-contrib/cors", ginCORSVersion)
		if !p.requires("github.com/gin-contrib/cors") {
			p.change.Install = "go get github.com/gin-contrib/cors@" + ginCORSVersion + " && go mod tidy"
		}
	}
	return p.writeUse(e, lib, modulePath, target)
}

// ginCORSVersion is the version of gin-contrib/cors that is proved.
const ginCORSVersion = "v1.7.7"

// writeUse writes the statement r.Use(…).
func (p *goProject) writeUse(e goEngine, lib *goLibrary, modulePath string, target *goTarget) error {
	f := e.file
	edits, name := addImport(f, modulePath)
	c := &goConfig{lib: lib, file: f}
	g := &goSettingsEdit{project: p, config: c, target: target, edits: map[*gocode.File][]source.Edit{f: edits}}
	maker := "New"
	if strings.HasPrefix(lib.config, "CORS") {
		maker = "CORSWithConfig"
	}
	at := f.Span(e.statement)
	indent := f.Indent(at.Start)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s%s.Use(%s.%s(%s.%s{\n", indent, e.name, name, maker, name, lib.config)
	for _, field := range target.fields {
		fmt.Fprintf(&b, "%s\t%s: %s,\n", indent, field.name, g.text(field))
	}
	fmt.Fprintf(&b, "%s}))", indent)
	g.add(f, source.Insert(at.End, b.String()))
	if g.decls {
		g.declare()
	}
	for _, imported := range slices.Compact(slices.Sorted(slices.Values(g.imports))) {
		more, _ := addImport(f, imported)
		g.edits[f] = append(g.edits[f], more...)
	}
	return p.edit(f, g.edits[f]...)
}
