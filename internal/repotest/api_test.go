package repotest

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const goldenDir = "internal/repotest/testdata/api"

// TestAPI compares the public API of each package of the library with a golden
// file, so that no change to it goes unnoticed.
func TestAPI(t *testing.T) {
	r := thisRepo(t)
	known := map[string]bool{}
	for _, pkg := range publicPackages(r) {
		golden := path.Join(goldenDir, pkg+".txt")
		known[golden] = true
		t.Run(pkg, func(t *testing.T) { compareGolden(t, r, golden, packageAPI(t, r, pkg)) })
	}
	for _, name := range r.files {
		if under(name, goldenDir) && !known[name] {
			t.Errorf("%s is the API of a package that does not exist any more; delete it", name)
		}
	}
}

func compareGolden(t *testing.T, r *repo, golden, got string) {
	t.Helper()
	file := filepath.Join(r.root, golden)
	if *update {
		if os.Getenv("CI") == "true" {
			t.Fatal("golden files are never written in CI")
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("no golden file (%v); run \"make golden\"", err)
	}
	for _, line := range changes(string(want), got) {
		t.Error(line)
	}
	if t.Failed() {
		t.Log("if you meant to change the API, run \"make golden\" and write it into CHANGELOG.md")
	}
}

// changes returns the entries of an API that are in only one of want and got.
func changes(want, got string) (lines []string) {
	before, after := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	for _, entry := range before {
		if !slices.Contains(after, entry) {
			lines = append(lines, "gone: "+strings.TrimSpace(entry))
		}
	}
	for _, entry := range after {
		if !slices.Contains(before, entry) {
			lines = append(lines, "new: "+strings.TrimSpace(entry))
		}
	}
	return lines
}

// publicPackages returns the folders of the packages that others can import.
func publicPackages(r *repo) []string {
	var dirs []string
	for _, f := range r.src {
		if !f.test && f.inLibrary() && !slices.Contains(strings.Split(f.pkg, "/"), "internal") {
			dirs = append(dirs, f.pkg)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// packageAPI returns what the package in a folder exports on Linux: a paragraph
// per declaration, without comments, bodies and unexported fields.
func packageAPI(t *testing.T, r *repo, pkg string) string {
	t.Helper()
	fset := token.NewFileSet()
	return printDecls(t, fset, exportedDecls(t, r, pkg, fset))
}

// exportedDecls returns the declarations of what the package in a folder exports on Linux, without
// bodies and unexported fields.
func exportedDecls(t *testing.T, r *repo, pkg string, fset *token.FileSet) []ast.Decl {
	t.Helper()
	target := build.Default
	target.GOOS, target.GOARCH = "linux", "amd64"
	var files []*ast.File
	for _, f := range r.src {
		if f.pkg != pkg || f.test {
			continue
		}
		full := filepath.Join(r.root, f.path)
		if ok, err := target.MatchFile(filepath.Dir(full), filepath.Base(full)); err != nil || !ok {
			continue
		}
		file, err := parser.ParseFile(fset, full, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	api, err := doc.NewFromFiles(fset, files, libraryPath+"/"+pkg)
	if err != nil {
		t.Fatal(err)
	}
	var decls []ast.Decl
	values := func(groups ...[]*doc.Value) {
		for _, v := range slices.Concat(groups...) {
			decls = append(decls, v.Decl)
		}
	}
	funcs := func(groups ...[]*doc.Func) {
		for _, f := range slices.Concat(groups...) {
			f.Decl.Body = nil
			decls = append(decls, f.Decl)
		}
	}
	values(api.Consts, api.Vars)
	funcs(api.Funcs)
	for _, typ := range api.Types {
		decls = append(decls, typ.Decl)
		values(typ.Consts, typ.Vars)
		funcs(typ.Funcs, typ.Methods)
	}
	return decls
}

// blankLines are what comments leave.
var blankLines = regexp.MustCompile(`\n\s*\n`)

func printDecls(t *testing.T, fset *token.FileSet, decls []ast.Decl) string {
	t.Helper()
	entries := make([]string, 0, len(decls))
	for _, decl := range decls {
		var out bytes.Buffer
		if err := (&printer.Config{Mode: printer.UseSpaces, Tabwidth: 4}).Fprint(&out, fset, decl); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, blankLines.ReplaceAllString(out.String(), "\n"))
	}
	slices.SortStableFunc(entries, cmp.Compare[string])
	return strings.Join(entries, "\n\n") + "\n"
}
