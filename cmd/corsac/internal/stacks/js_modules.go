package stacks

import (
	"path"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// moduleEnds are what relative imports leave out at the end of a name.
var moduleEnds = []string{
	"", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx", ".json",
	"/index.js", "/index.mjs", "/index.cjs", "/index.ts", "/index.mts", "/index.json",
}

// maxImports is how many modules are followed from one to the next, at most.
const maxImports = 3

// maxModules is how many modules are opened for a project, at most, that were not
// looked at anyway.
const maxModules = 500

// jsModules are the files of a project that import one another.
type jsModules struct {
	tree   *source.Tree
	files  map[string]*jsFile // nil for those that cannot be read
	owners map[*js.Program]*jsFile
	values map[jsExport]jsExported
	opened int
}

// jsExport is a name that a module exports, asked for after some others.
type jsExport struct {
	file  *jsFile
	name  string
	depth int
}

type jsExported struct {
	value js.Value
	ok    bool
}

func newModules(t *source.Tree) *jsModules {
	return &jsModules{tree: t, files: map[string]*jsFile{}, owners: map[*js.Program]*jsFile{}, values: map[jsExport]jsExported{}}
}

// parse reads a file. The error says why it cannot be understood.
func (m *jsModules) parse(f *source.File) (*jsFile, error) {
	if x, ok := m.files[f.Name]; ok && x != nil {
		return x, nil
	}
	m.files[f.Name] = nil
	p, err := parseJS(m.tree, f)
	if err != nil {
		return nil, err
	}
	x := &jsFile{Program: p, file: f, modules: m}
	m.files[f.Name], m.owners[p] = x, x
	return x, nil
}

// maxParsed is how many bytes of files are kept as programs for the readers of a
// tree, at most.
const maxParsed = 8 << 20

// jsParsed are the programs of a tree's files.
type jsParsed struct {
	programs map[*source.File]*js.Program
	errs     map[*source.File]error
	bytes    int
}

// parseJS reads a file in JavaScript, TypeScript or JSON, once for all readers of a
// tree. The error says why it cannot be understood.
func parseJS(t *source.Tree, f *source.File) (*js.Program, error) {
	parsed := source.Memo(t, func() *jsParsed {
		return &jsParsed{programs: map[*source.File]*js.Program{}, errs: map[*source.File]error{}}
	})
	if p, err := parsed.programs[f], parsed.errs[f]; p != nil || err != nil {
		return p, err
	}
	p, err := js.Parse(f.Text, js.DialectOf(f.Name))
	if err != nil {
		parsed.errs[f] = err
		return nil, err
	}
	if parsed.bytes += len(f.Text); parsed.bytes <= maxParsed {
		parsed.programs[f] = p
	}
	return p, nil
}

// open returns the file that a relative import in another one is, or nil.
func (m *jsModules) open(from, module string) *jsFile {
	to := path.Join(path.Dir(from), module)
	names := make([]string, 0, len(moduleEnds)+3)
	for _, end := range moduleEnds {
		names = append(names, to+end)
	}
	if bare := to[:len(to)-len(path.Ext(to))]; bare != to { // x.js may mean x.ts
		names = append(names, bare+".ts", bare+".mts", bare+".cts")
	}
	for _, name := range names {
		if path.Ext(name) == "" {
			continue
		}
		if x, ok := m.files[name]; ok {
			if x != nil {
				return x
			}
			continue
		}
		if m.opened >= maxModules || len(m.tree.Glob(escapeGlob(name))) == 0 {
			continue
		}
		m.opened++
		if f := m.tree.Open(name); f != nil {
			if x, err := m.parse(f); err == nil {
				return x
			}
		}
	}
	return nil
}

// escapeGlob returns a pattern that only one name matches.
func escapeGlob(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

// imports returns what modules export that a file imports, which was reached after
// some others.
func (x *jsFile) imports(depth int) js.Imports {
	return func(module, name string) (js.Value, bool) {
		if depth >= maxImports || x.modules == nil || !strings.HasPrefix(module, ".") {
			return js.Value{}, false
		}
		f := x.modules.open(x.file.Name, module)
		if f == nil {
			return js.Value{}, false
		}
		key := jsExport{f, name, depth}
		e, ok := x.modules.values[key]
		if !ok {
			x.modules.values[key] = jsExported{} // for modules in a circle
			e.value, e.ok = f.export(name, depth+1)
			x.modules.values[key] = e
		}
		return e.value, e.ok
	}
}

// export returns what the file exports under a name.
func (x *jsFile) export(name string, depth int) (js.Value, bool) {
	if path.Ext(x.file.Name) != ".json" {
		return x.Export(name, x.imports(depth))
	}
	return x.Constants(name)
}

// value returns what an expression is, with what comes from other files of the
// project.
func (x *jsFile) value(r js.Range) js.Value { return x.ValueWith(r, x.imports(0)) }

// exportedObject returns what a file exports under a name, if that is an object
// which is written there.
func (x *jsFile) exportedObject(name string) (js.Value, bool) {
	v, ok := x.Export(name, nil)
	return v, ok && v.Kind == js.ObjectValue && v.In == x.Program && x.At(v.Range.Start) == "{" && x.Skip(v.Range.Start) == v.Range.End
}
