package repotest

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// architecture is the page that shows which package imports which.
const architecture = "docs/architecture.md"

// TestArchitecture compares the drawings in docs/architecture.md with the
// imports; with -update, it writes them.
func TestArchitecture(t *testing.T) {
	r := thisRepo(t)
	text := r.read(t, architecture)
	want := replaceBlock(t, text, "library", r.drawing("", libraryOrder))
	want = replaceBlock(t, want, "program", r.drawing(programDir+"/internal", programOrder))
	switch {
	case want == text:
	case !*update:
		t.Errorf("%s does not show the imports as they are; run \"make golden\"", architecture)
	default:
		if err := os.WriteFile(filepath.Join(r.root, architecture), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// replaceBlock returns a page with the content of a code block replaced. name is
// what follows the block's fence.
func replaceBlock(t *testing.T, page, name, content string) string {
	t.Helper()
	before, rest, ok := strings.Cut(page, "```text "+name+"\n")
	_, after, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatalf("%s has no block of text named %s", architecture, name)
	}
	return before + "```text " + name + "\n" + content + "```\n" + after
}

// drawing returns the packages of a room, highest first, each with what it
// imports from the room.
func (r *repo) drawing(room string, order []string) string {
	short := func(dir string) string { return strings.TrimPrefix(strings.TrimPrefix(dir, room), "/") }
	imports := map[string][]string{}
	for _, f := range r.src {
		if f.test || rank(order, room, f.pkg) < 0 {
			continue
		}
		pkg := short(f.pkg)
		imports[pkg] = append(imports[pkg], "") // it may import nothing
		for _, dir := range f.imports() {
			if rank(order, room, dir) >= 0 {
				imports[pkg] = append(imports[pkg], short(dir))
			}
		}
	}
	var packages []string
	widest := 0
	for pkg, list := range imports {
		slices.Sort(list)
		imports[pkg] = slices.Compact(list)[1:]
		packages = append(packages, pkg)
		widest = max(widest, len(pkg))
	}
	slices.SortFunc(packages, func(a, b string) int {
		if by := rank(order, "", b) - rank(order, "", a); by != 0 {
			return by
		}
		return strings.Compare(b, a)
	})
	var b strings.Builder
	for _, pkg := range packages {
		line := fmt.Sprintf("%-*s  %s", widest, pkg, strings.Join(imports[pkg], " "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// linkedName is a link from a name in code to a Go file.
var linkedName = regexp.MustCompile("\\[`([A-Za-z_][\\w.]*)`\\]\\(([^)\\s]+\\.go)\\)")

// linkedNames checks that a Go file declares the name that a page links to it: a
// function, a type, a variable, a constant, or "Type.Method". The name of the file
// itself needs no declaration.
func linkedNames(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, page := range r.pages() {
		fenced(r.read(t, page), func(n int, line, _ string, inside bool) {
			if inside {
				return
			}
			for _, m := range linkedName.FindAllStringSubmatch(line, -1) {
				file := path.Join(path.Dir(page), m[2])
				if m[1] != path.Base(file) && !r.declares(file, m[1]) {
					breaches = append(breaches, fmt.Sprintf("%s:%d: %s does not declare %s", page, n, file, m[1]))
				}
			}
		})
	}
	return breaches
}

func (r *repo) declares(file, name string) bool {
	i := slices.IndexFunc(r.src, func(f *goFile) bool { return f.path == file })
	return i >= 0 && slices.ContainsFunc(r.src[i].ast.Decls, func(decl ast.Decl) bool {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			return strings.TrimPrefix(receiver(decl)+"."+decl.Name.Name, ".") == name
		case *ast.GenDecl:
			return slices.ContainsFunc(decl.Specs, func(spec ast.Spec) bool { return specDeclares(spec, name) })
		}
		return false
	})
}

func specDeclares(spec ast.Spec, name string) bool {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Name.Name == name
	case *ast.ValueSpec:
		return slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return id.Name == name })
	}
	return false
}
