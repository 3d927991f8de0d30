package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// belowClass is the class that limits CORS to a prefix.
const belowClass = "CORSBelow"

// asgiBelow is that class.
const asgiBelow = `class CORSBelow:
    """CORS for the paths below a prefix that ends in a slash."""

    def __init__(self, app, prefix, **options):
        self.app, self.prefix = app, prefix
        self.cors = CORSMiddleware(app, **options)

    async def __call__(self, scope, receive, send):
        below = scope["type"] == "http" and (scope["path"] + "/").startswith(self.prefix)
        await (self.cors if below else self.app)(scope, receive, send)`

// insert adds a CORSMiddleware to an application that has none.
func (c *asgiChange) insert(policy *cors.Policy) error {
	f, app := c.target.file, c.target
	p := c.findPlace(app.name, policy)
	unit, indent := f.IndentUnit("    "), f.Indent(app.stmt.Start)
	args := starletteArgs(f, policy)
	class, lines := "CORSMiddleware", ""
	if c.prefix != "" {
		class, lines = belowClass, indent+unit+"prefix="+f.str(c.prefix)+",\n"
	}
	lines += describeArgs(f, args, indent+unit)
	var text string
	if p.elsewhere {
		begin, inner, end := p.lazily(class)
		text = indent + begin + "(\n" + indent + unit + inner + ",\n" + lines + indent + ")" + end + "\n"
		p.errors = false
		c.note(lazyNote)
	} else {
		text = p.before(indent) + indent + app.name + ".add_middleware(\n" + indent + unit + class + ",\n" + lines + indent + ")\n" + p.after(indent)
	}
	after := app.stmt
	if last := p.barrier(app.stmt, true); last != nil {
		after = last
	}
	at, first := f.nextLine(after)
	text = first + "\n" + text
	if after != app.stmt && after.Keyword == "def" && indent == "" {
		text = first + "\n\n" + strings.TrimPrefix(text, first+"\n")
	}
	if rest := strings.TrimLeft(f.Text[at:], " \t"); rest != "" && rest[0] != '\n' && rest[0] != '\r' {
		text += "\n"
	}
	c.out.Edit(f.File, source.Insert(at, f.lines(text)))
	c.declare(p)
	return nil
}

// declare adds the imports and classes that what was put around the application
// needs.
func (c *asgiChange) declare(p *asgiPlace) {
	f, anchor := p.file, top(p.at)
	if c.target != nil && c.target.file == f && top(c.target.stmt).Start < anchor.Start {
		anchor = top(c.target.stmt)
	}
	var imports, classes []string
	add := func(needed bool, full string) {
		name := lastPart(full)
		if _, ok := f.Imports[name]; needed && !ok {
			imports = append(imports, "from "+strings.TrimSuffix(full, "."+name)+" import "+name+"\n")
		}
	}
	module := "fastapi.middleware.cors"
	if !strings.Contains(f.Text, "fastapi") {
		module = "starlette.middleware.cors"
	}
	add(c.cors == nil, module+".CORSMiddleware")
	varies := p.vary && !f.defines("VaryOrigin")
	add(varies, "starlette.datastructures.MutableHeaders")
	add(p.errors, "starlette.middleware.errors.ServerErrorMiddleware")
	if c.prefix != "" && !f.defines(belowClass) {
		classes = append(classes, asgiBelow)
	}
	if varies {
		classes = append(classes, strings.TrimSuffix(asgiVary, "\n\n\napp = VaryOrigin(app)"))
	}
	if p.errors {
		c.note(errorsNote)
	}
	if p.vary {
		c.note(varyNote)
	}
	c.write(f, anchor, imports, classes)
}

// write inserts imports after those of the framework, and classes after all
// imports before a statement.
func (c *asgiChange) write(f *pyFile, anchor *python.Stmt, imports, classes []string) {
	at := f.importsAt(anchor, "")
	if len(imports) > 0 {
		c.out.Edit(f.File, source.Insert(f.importsAt(anchor, "fastapi", "starlette"), f.lines(strings.Join(imports, ""))))
	}
	if len(classes) == 0 {
		return
	}
	unit, text := f.IndentUnit("    "), ""
	for _, class := range classes {
		if f.quote() == `'` && !strings.Contains(class, `'`) {
			class = strings.NewReplacer(`"""`, `"""`, `"`, `'`).Replace(class)
		}
		text += "\n\n" + strings.ReplaceAll(class, "    ", unit) + "\n"
	}
	rest := strings.ReplaceAll(f.Text[at:], "\r", "")
	blank := len(rest) - len(strings.TrimLeft(rest, "\n"))
	text += strings.Repeat("\n", max(0, 2-blank))
	c.out.Edit(f.File, source.Insert(at, f.lines(text)))
}
