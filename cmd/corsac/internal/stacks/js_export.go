package stacks

import (
	"path"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// moduleEnds are what relative imports leave out at the end of a name.
var moduleEnds = []string{"", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", "/index.js", "/index.ts"}

// openModule returns the file that a relative import in another one is, or nil.
func openModule(t *source.Tree, from, module string) *jsFile {
	to := path.Join(path.Dir(from), module)
	names := []string{to}
	for _, end := range moduleEnds[1:] {
		names = append(names, to+end)
	}
	if bare := to[:len(to)-len(path.Ext(to))]; bare != to { // x.js may mean x.ts
		names = append(names, bare+".ts", bare+".mts", bare+".cts")
	}
	for _, name := range names {
		if len(t.Glob(name)) == 0 || path.Ext(name) == "" || path.Ext(name) == ".json" {
			continue
		}
		f := t.Open(name)
		if f == nil {
			continue
		}
		if p, err := js.Parse(f.Text, js.DialectOf(name)); err == nil {
			return &jsFile{p, f}
		}
	}
	return nil
}

// exportedValue returns what a file exports as its default, or as a whole, or
// under a name; false if that is not clear.
func (x *jsFile) exportedValue(name string) (js.Value, bool) {
	for _, r := range x.Statements(-1) {
		i := r.Start
		switch {
		case (name == "default" || name == "*") && x.Is(i, "export", "default"):
			i += 2
		case (name == "default" || name == "*") && x.Is(i, "module", ".", "exports", "="):
			i += 4
		case x.Is(i, "export", "const", name), x.Is(i, "exports", ".", name, "="):
			for x.At(i) != "=" && i < r.End {
				i++
			}
			i++
		default:
			continue
		}
		v := x.Value(js.Range{Start: i, End: x.ExpressionEnd(i, r.End)})
		return v, v.Kind != js.DynamicValue
	}
	return js.Value{}, false
}
