package stacks

import (
	"slices"
	"strings"
	"unicode"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// belowClass is the class that limits CORS to a prefix.
const belowClass = "CORSBelow"

// asgiBelow returns that class. base is CORSMiddleware or [varyClass].
func asgiBelow(base string) string {
	return "class " + belowClass + "(" + base + `):
    """CORS for the paths below a prefix that ends in a slash."""

    def __init__(self, app, prefix, **options):
        super().__init__(app, **options)
        self.prefix = prefix

    async def __call__(self, scope, receive, send):
        below = scope["type"] == "http" and (scope["path"] + "/").startswith(self.prefix)
        await (super().__call__ if below else self.app)(scope, receive, send)`
}

// insert adds a CORSMiddleware to an application that has none.
func (c *asgiChange) insert(policy *cors.Policy) error {
	f, app := c.target.file, c.target
	p := c.findPlace(app.name, policy)
	unit, indent := f.IndentUnit("    "), f.Indent(app.stmt.Start)
	args := starletteArgs(f, policy)
	class, lines := p.class(), ""
	if c.prefix != "" {
		class, lines = belowClass, indent+unit+"prefix="+f.str(c.prefix)+",\n"
	}
	lines += describeArgs(f, args, indent+unit)
	var text string
	if p.elsewhere {
		begin, inner := p.lazily(class)
		text = indent + begin + "(\n" + indent + unit + inner + ",\n" + lines + indent + ")\n"
		p.errors = false
		c.note(lazyNote)
	} else {
		text = p.before(indent) + indent + app.name + ".add_middleware(\n" + indent + unit + class + ",\n" + lines + indent + ")\n"
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
		if needed && !f.importedTop(name) {
			imports = append(imports, "from "+strings.TrimSuffix(full, "."+name)+" import "+name+"\n")
		}
	}
	module := "fastapi.middleware.cors"
	if !strings.Contains(f.Text, "fastapi") {
		module = "starlette.middleware.cors"
	}
	varies := p.vary && !f.defines(varyClass)
	base := "CORSMiddleware"
	if c.cors != nil && f.importedTop(c.cors.class().Name) {
		base = c.cors.class().Name
	}
	add(c.cors == nil || varies && base == "CORSMiddleware", module+".CORSMiddleware")
	add(varies, "starlette.datastructures.MutableHeaders")
	add(p.errors, "starlette.middleware.errors.ServerErrorMiddleware")
	if varies {
		classes = append(classes, asgiVary(base))
	}
	if c.prefix != "" && !f.defines(belowClass) {
		classes = append(classes, asgiBelow(p.class()))
	}
	if p.errors {
		c.note(errorsNote)
	}
	if p.vary {
		c.note(varyNote)
	}
	c.write(f, anchor, imports, classes)
}

// importedTop reports whether the module itself imports a name, or the first part
// of one with dots: not a function in it.
func (f *pyFile) importedTop(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	if _, ok := f.Imports[first]; !ok {
		return false
	}
	return slices.ContainsFunc(f.Body, func(s *python.Stmt) bool {
		return (s.Keyword == "import" || s.Keyword == "from") && slices.Contains(words(s.In(f.File)), first)
	})
}

// words returns the names and keywords of a line.
func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
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
