package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/cors"
)

// rsCORS is the package that go.mod has and nothing uses yet.
const rsCORS = "github.com/rs/cors"

// insertRS wraps the handler of the server in rs/cors. It is not ok if rs/cors
// cannot do what is wanted, or nothing was changed for another reason.
func (p *goProject) insertRS(serves []goServe, policy *cors.Policy) (ok bool, err error) {
	if !p.requires(rsCORS) || p.requires("github.com/corsac-dev/corsac") || p.want.Path != "" || len(serves) > 1 {
		return false, nil
	}
	lib, f := goLibraryOf(rsCORS), serves[0].file
	target, err := goTargetOf(lib, policy)
	if err != nil || len(target.Wider)+len(target.Lost) > 0 {
		return false, err
	}
	p.note("cors.New(…).Handler(…) of rs/cors wraps the whole server, outside of all other middleware.")
	imports, name := addImport(f, rsCORS)
	g := &goSettingsEdit{project: p, config: &goConfig{lib: lib, file: f}, target: target, edits: map[*gocode.File][]source.Edit{f: imports}}
	indent := f.Indent(f.Span(serves[0].node).Start)
	var b strings.Builder
	fmt.Fprintf(&b, "%s.New(%s.%s{\n", name, name, lib.config)
	for _, field := range target.fields {
		fmt.Fprintf(&b, "%s\t%s: %s,\n", indent, field.name, g.text(field))
	}
	fmt.Fprintf(&b, "%s}).Handler", indent)
	if g.decls {
		g.declare()
	}
	for _, path := range g.imports {
		more, _ := addImport(f, path)
		g.edits[f] = append(g.edits[f], more...)
	}
	if err := p.edit(f, g.edits[f]...); err != nil {
		return false, err
	}
	return true, p.wrapServes(pages(goServes(p.packages())), b.String())
}
