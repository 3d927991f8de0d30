package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// packageFile is a package.json, whose syntax is part of that of JavaScript.
type packageFile struct {
	jsFile

	root js.Value
}

// openPackage reads a package.json; nil if it is not one.
func openPackage(t *source.Tree, f *source.File) *packageFile {
	p, err := parseJS(t, f)
	if err != nil || p.At(0) != "{" {
		return nil
	}
	x := &packageFile{jsFile: jsFile{Program: p, file: f}}
	x.root = p.Value(js.Range{Start: 0, End: len(p.Tokens)})
	if x.root.Kind != js.ObjectValue {
		return nil
	}
	return x
}

// sections are where package.json names packages.
var sections = []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"}

// version returns what is asked for of a package; "" if it is not there.
func (x *packageFile) version(name string) string {
	for _, section := range sections {
		if s := x.root.Prop(section); s != nil {
			if p := s.Value.Prop(name); p != nil {
				return p.Value.Text
			}
		}
	}
	return ""
}

// text returns a string of the file, such as type or main.
func (x *packageFile) text(name string) string {
	if p := x.root.Prop(name); p != nil && p.Value.Kind == js.StringValue {
		return p.Value.Text
	}
	return ""
}

// require returns the edits that add a package to a section, in its sorted place.
func (x *packageFile) require(section, name, version string) []source.Edit {
	colon := ": "
	if !strings.Contains(x.Text, ": ") {
		colon = ":"
	}
	line := `"` + name + `"` + colon + `"` + version + `"`
	nl, unit := x.file.NewLine(), x.file.IndentUnit("  ")
	s := x.root.Prop(section)
	if s == nil || s.Value.Kind != js.ObjectValue {
		return x.insertProp(&x.root, nil, `"`+section+`": {`+nl+unit+unit+line+nl+unit+"}")
	}
	sorted := slices.IsSortedFunc(s.Value.Props, func(a, b js.Prop) int { return strings.Compare(a.Name, b.Name) })
	var before *js.Prop
	for i := range s.Value.Props {
		if p := &s.Value.Props[i]; sorted && p.Name > name {
			before = p
			break
		}
	}
	return x.insertProp(&s.Value, before, line)
}

// nearestPackage returns the package.json for a file: that of its folder, or of
// the next one above that has one.
func nearestPackage(t *source.Tree, name string) *packageFile {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if f := t.Open(path.Join(dir, "package.json")); f != nil {
			return openPackage(t, f)
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

// lockFiles are the files of package managers, and how each installs.
var lockFiles = []struct{ file, command string }{
	{"pnpm-lock.yaml", "pnpm install"}, {"yarn.lock", "yarn install"}, {"bun.lockb", "bun install"}, {"bun.lock", "bun install"},
}

// installCommand returns the command that installs what a package.json asks for.
func installCommand(t *source.Tree, x *packageFile) string {
	for dir := path.Dir(x.file.Name); ; dir = path.Dir(dir) {
		for _, lock := range lockFiles {
			if len(t.Glob(path.Join(dir, lock.file))) > 0 {
				return lock.command
			}
		}
		if dir == "." || dir == "/" {
			return "npm install"
		}
	}
}
