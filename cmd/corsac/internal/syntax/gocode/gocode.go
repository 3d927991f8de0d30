// Package gocode reads the Go files of a project: who calls what, with which
// literal arguments, and where that stands in the file.
//
//   - Files are parsed with go/parser, with their comments, and as far as they can
//     be if they have mistakes. Nothing is type-checked: the meaning of a name comes
//     from the imports and declarations of its package.
//   - What has no value in the files is never guessed: functions that evaluate
//     an expression report whether they could.
//   - All positions are offsets into the text of the file; //line comments do not
//     change them.
package gocode

import (
	"cmp"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Package is the files of one package in one folder, without its tests.
type Package struct {
	// Dir is the folder below the root of the tree; "." for the root itself.
	Dir string
	// Name is that of the package clause.
	Name  string
	Files []*File

	decls map[string][]decl
}

// File is a Go file.
type File struct {
	*source.File

	Package *Package
	AST     *ast.File
	// Err is the first mistake in its syntax, or nil.
	Err error

	tokens  *token.File
	imports map[string]string
	parents map[ast.Node]ast.Node
	names   map[*ast.FuncDecl]map[string][]decl
}

// Load returns the packages of a tree that have a file with one of the texts in
// it, ignoring case, in the order of the tree. Tests, and what is in folders
// named vendor or testdata or like _x and .x, are left out, as the go command
// leaves it out.
func Load(t *source.Tree, texts ...string) []*Package {
	return Cache{}.Packages(t.Files("*.go"), texts...)
}

// Cache remembers files that were parsed.
type Cache map[*source.File]*File

// Packages returns the packages of files, as [Load] does for those of a tree. Those
// that it returned before are not valid any more.
func (c Cache) Packages(all []*source.File, texts ...string) []*Package {
	var order []string
	files := map[string][]*source.File{}
	for _, f := range all {
		if dir := path.Dir(f.Name); belongs(f.Name) {
			if files[dir] == nil {
				order = append(order, dir)
			}
			files[dir] = append(files[dir], f)
		}
	}
	var packages []*Package
	for _, dir := range order {
		if slices.ContainsFunc(files[dir], func(f *source.File) bool { return containsAny(f.Text, texts) }) {
			packages = append(packages, c.parse(dir, files[dir])...)
		}
	}
	return packages
}

// belongs reports whether the go command builds a file.
func belongs(name string) bool {
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	parts := strings.Split(name, "/")
	return !slices.ContainsFunc(parts, func(s string) bool { return s[0] == '_' || s[0] == '.' && s != "." }) &&
		!slices.ContainsFunc(parts[:len(parts)-1], func(s string) bool { return s == "vendor" || s == "testdata" || s == "node_modules" })
}

func containsAny(text string, list []string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(lower, strings.ToLower(s)) })
}

// parse parses the files of a folder, which may be of several packages.
func (c Cache) parse(dir string, files []*source.File) (packages []*Package) {
	for _, f := range files {
		parsed, ok := c[f]
		if !ok {
			parsed = Parse(f)
			c[f] = parsed
		}
		if parsed == nil || parsed.ignored() {
			continue
		}
		name := parsed.AST.Name.Name
		i := slices.IndexFunc(packages, func(p *Package) bool { return p.Name == name })
		if i < 0 {
			i = len(packages)
			packages = append(packages, &Package{Dir: dir, Name: name})
		}
		parsed.Package = packages[i]
		packages[i].Files = append(packages[i].Files, parsed)
	}
	return packages
}

// ignored reports whether a comment keeps the file out of every build.
func (f *File) ignored() bool {
	for _, group := range f.AST.Comments {
		if group.Pos() > f.AST.Package {
			break
		}
		for _, comment := range group.List {
			if expr, err := constraint.Parse(comment.Text); err == nil && constraint.IsGoBuild(comment.Text) {
				return !expr.Eval(func(tag string) bool { return tag != "ignore" })
			}
		}
	}
	return false
}

// Parse parses a file; it is then the only one of its package. It returns nil if
// the text does not have the beginning of a Go file, or is nested too deeply.
func Parse(f *source.File) *File {
	if nesting(f.Text) > maxNesting {
		return nil
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "", f.Text, parser.ParseComments|parser.SkipObjectResolution)
	if tree == nil || tree.Name == nil || tree.Name.Name == "" || !tree.FileStart.IsValid() {
		return nil
	}
	parsed := &File{File: f, AST: tree, Err: err, tokens: fset.File(tree.FileStart), imports: map[string]string{}, parents: map[ast.Node]ast.Node{}, names: map[*ast.FuncDecl]map[string][]decl{}}
	for _, spec := range tree.Imports {
		if importPath, err := strconv.Unquote(spec.Path.Value); err == nil {
			parsed.imports[localName(spec, importPath)] = importPath
		}
	}
	if !parsed.link() {
		return nil
	}
	parsed.Package = &Package{Dir: path.Dir(f.Name), Name: tree.Name.Name, Files: []*File{parsed}}
	return parsed
}

// link records the node around each node. It reports whether the tree is not too
// deep.
func (f *File) link() bool {
	var above []ast.Node
	deepest := 0
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		if len(above) > 0 {
			f.parents[n] = above[len(above)-1]
		}
		above = append(above, n)
		deepest = max(deepest, len(above))
		return true
	})
	return deepest <= maxNesting
}

// maxNesting bounds how deep files are nested: their nodes are walked by
// recursion, and followed outwards.
const maxNesting = 2000

// nesting returns at least how many brackets are open at the same time.
func nesting(text string) (most int) {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			open++
			most = max(most, open)
		case ')', ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

// localName returns the name by which a file calls what it imports.
func localName(spec *ast.ImportSpec, importPath string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(importPath))
	}
	base, _, _ = strings.Cut(base, ".") // gopkg.in/x.v1
	return strings.TrimPrefix(base, "go-")
}

// Offset returns where a position is in the text.
func (f *File) Offset(pos token.Pos) int {
	return min(max(int(pos)-f.tokens.Base(), 0), len(f.Text))
}

// Span returns where a node is in the text.
func (f *File) Span(n ast.Node) source.Span {
	start := f.Offset(n.Pos())
	return source.Span{Start: start, End: max(start, f.Offset(n.End()))}
}

// Source returns the text of a node.
func (f *File) Source(n ast.Node) string { return f.Span(n).In(f.File) }

// Line returns the text of a node in one line, shortened.
func (f *File) Line(n ast.Node) string {
	line := strings.Join(strings.Fields(f.Source(n)), " ")
	if r := []rune(line); len(r) > 80 {
		line = string(r[:79]) + "…"
	}
	return line
}

// Parent returns the node around one, or nil.
func (f *File) Parent(n ast.Node) ast.Node { return f.parents[n] }

// Function returns the innermost function around a node, an [*ast.FuncDecl] or
// [*ast.FuncLit], or nil.
func (f *File) Function(n ast.Node) ast.Node {
	for n = f.parents[n]; n != nil; n = f.parents[n] {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return n
		}
	}
	return nil
}

// Declaration returns the function at the top level around a node, or nil.
func (f *File) Declaration(n ast.Node) *ast.FuncDecl {
	i, found := slices.BinarySearchFunc(f.AST.Decls, n.Pos(), func(d ast.Decl, pos token.Pos) int { return cmp.Compare(d.Pos(), pos) })
	if !found {
		i--
	}
	if i < 0 {
		return nil
	}
	d, _ := f.AST.Decls[i].(*ast.FuncDecl)
	if d == nil || n.Pos() >= d.End() {
		return nil
	}
	return d
}

// Statement returns the innermost statement around a node that stands in a block
// or in a case, and that block or case; nil if there is none.
func (f *File) Statement(n ast.Node) (ast.Stmt, ast.Node) {
	for ; n != nil; n = f.parents[n] {
		s, ok := n.(ast.Stmt)
		if !ok {
			continue
		}
		switch parent := f.parents[n].(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
			return s, parent
		}
	}
	return nil, nil
}

// Import returns the name by which the file calls a package that it imports; ""
// if it does not, or has it under no name.
func (f *File) Import(importPath string) string {
	for name, p := range f.imports {
		if p == importPath && name != "_" && name != "." {
			return name
		}
	}
	return ""
}

// Imports reports whether a file imports a package.
func (f *File) Imports(importPath string) bool {
	for _, p := range f.imports {
		if p == importPath {
			return true
		}
	}
	return false
}

// Selected returns what a selector selects of an imported package, such as
// net/http and ListenAndServe; "" if it is something else.
func (f *File) Selected(e ast.Expr) (importPath, name string) {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok || f.imports[id.Name] == "" || f.shadowed(id) {
		return "", ""
	}
	return f.imports[id.Name], sel.Sel.Name
}

// Compare orders nodes by where they begin.
func Compare(a, b ast.Node) int { return cmp.Compare(a.Pos(), b.Pos()) }

// ImportsAs reports whether the file calls something that it imports by a name.
func (f *File) ImportsAs(name string) bool { return f.imports[name] != "" }

// ImportName returns the name by which the file calls an import.
func (f *File) ImportName(spec *ast.ImportSpec) string {
	importPath, _ := strconv.Unquote(spec.Path.Value)
	return localName(spec, importPath)
}
