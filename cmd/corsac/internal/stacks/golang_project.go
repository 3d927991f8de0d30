package stacks

import (
	"fmt"
	"go/ast"
	"go/format"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// goProject is the files of a project while they are being changed, step by step:
// after each step, the files are parsed again. Their lines end in LF meanwhile.
type goProject struct {
	tree *source.Tree
	want *Want
	// files are all Go files, as they are now; before has those that were changed,
	// as they were.
	files  []*source.File
	before map[string]*source.File
	change *Change
	// mod is the go.mod nearest to the root; it may be nil.
	mod *source.File
	// touched are the functions from which something was taken out, by file and
	// name.
	touched map[string]bool
	// home are the folders of the packages that are about the server. Other
	// programs of the project keep what they have.
	home   []string
	parsed gocode.Cache
}

// openGo returns a project without changes.
func openGo(t *source.Tree, w *Want) *goProject {
	p := &goProject{tree: t, want: w, before: map[string]*source.File{}, change: &Change{}, touched: map[string]bool{}, parsed: gocode.Cache{}}
	for _, f := range t.Files("*.go") {
		p.files = append(p.files, &source.File{Name: f.Name, Text: strings.ReplaceAll(f.Text, "\r\n", "\n")})
	}
	for _, name := range t.Names("go.mod") {
		if p.mod == nil || strings.Count(name, "/") < strings.Count(p.mod.Name, "/") {
			if f := t.Open(name); f != nil {
				p.mod = f
			}
		}
	}
	return p
}

// packages returns the packages as they are now that may be of interest.
func (p *goProject) packages() []*gocode.Package {
	texts := []string{"access-control-", "accesscontrol", "ListenAndServe", "http.Server{", "http.Serve", "gin.", "echo.", "fiber.", "chi.", "Written by corsac fix"}
	for _, lib := range goLibraries {
		texts = append(texts, lib.paths...)
	}
	return p.parsed.Packages(p.files, texts...)
}

// set replaces the text of a file.
func (p *goProject) set(name, text string) {
	for i, f := range p.files {
		if f.Name == name {
			if p.before[name] == nil {
				p.before[name] = f
			}
			p.files[i] = &source.File{Name: name, Text: text}
			return
		}
	}
	p.before[name] = &source.File{Name: name}
	p.files = append(p.files, &source.File{Name: name, Text: text})
}

// edit applies edits to a file.
func (p *goProject) edit(f *gocode.File, edits ...source.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	if f.Err != nil {
		return fmt.Errorf("%s has a mistake in its syntax: correct it first: %w", f.Name, f.Err)
	}
	text, err := source.Apply(f.Text, edits)
	if err != nil {
		return err
	}
	p.set(f.Name, text)
	return nil
}

// note adds a sentence to what the user should know.
func (p *goProject) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(p.change.Notes, text) {
		p.change.Notes = append(p.change.Notes, text)
	}
}

// finish returns the change: what differs from the files on disk.
func (p *goProject) finish() (*Change, error) {
	p.fillEmpty()
	for _, f := range p.files {
		before := p.before[f.Name]
		if before == nil || before.Text == f.Text {
			continue
		}
		text := f.Text
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s cannot be changed safely: %w", f.Name, err)
		}
		original := p.tree.Open(f.Name)
		if isNew := before.Text == ""; isNew && original == nil {
			if p.change.Files == nil {
				p.change.Files = map[string]string{}
			}
			p.change.Files[f.Name] = string(formatted)
			continue
		}
		if clean, err := format.Source([]byte(before.Text)); err == nil && string(clean) == before.Text {
			text = string(formatted)
		}
		p.change.Edit(original, lineEdits(original, text)...)
	}
	return p.change, nil
}

// fillEmpty puts a new file in the place of one of its folder that has nothing left
// but its package.
func (p *goProject) fillEmpty() {
	isNew := func(f *source.File) bool { return p.before[f.Name] != nil && p.before[f.Name].Text == "" }
	i := slices.IndexFunc(p.files, isNew)
	if i < 0 {
		return
	}
	for j, f := range p.files {
		if p.before[f.Name] == nil || isNew(f) || path.Dir(f.Name) != path.Dir(p.files[i].Name) {
			continue
		}
		if parsed := gocode.Parse(f); parsed != nil && len(parsed.AST.Decls) == 0 && len(parsed.AST.Comments) == 0 {
			p.files[j] = &source.File{Name: f.Name, Text: p.files[i].Text}
			p.files = slices.Delete(p.files, i, i+1)
			return
		}
	}
}

// lineEdits returns the edits that make a file of the lines of text, which end in
// LF. Lines that stay keep their ends, and new ones get those of the file.
func lineEdits(f *source.File, text string) []source.Edit {
	var offsets []int
	var before []string
	at := 0
	for line := range strings.Lines(f.Text) {
		offsets, before = append(offsets, at), append(before, strings.ReplaceAll(line, "\r\n", "\n"))
		at += len(line)
	}
	offsets = append(offsets, at)
	after := slices.Collect(strings.Lines(text))
	var edits []source.Edit
	for _, h := range hunks(before, after) {
		replacement := strings.Join(after[h[2]:h[3]], "")
		if f.NewLine() == "\r\n" {
			replacement = strings.ReplaceAll(replacement, "\n", "\r\n")
		}
		edits = append(edits, source.Edit{Span: source.Span{Start: offsets[h[0]], End: offsets[h[1]]}, New: replacement})
	}
	return edits
}

// hunks returns the parts in which two lists of lines differ: from and to in the
// first, from and to in the second.
func hunks(a, b []string) (list [][4]int) {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	n, m := endA-start, endB-start
	if n == 0 && m == 0 {
		return nil
	}
	if n*m > 4_000_000 {
		return [][4]int{{start, endA, start, endB}}
	}
	common := make([][]int32, n+1) // lengths of the longest common rest
	for i := range common {
		common[i] = make([]int32, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[start+i] == b[start+j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		if i < n && j < m && a[start+i] == b[start+j] {
			i, j = i+1, j+1
			continue
		}
		from, to := i, j
		for (i < n || j < m) && !(i < n && j < m && a[start+i] == b[start+j]) {
			if j == m || i < n && common[i+1][j] >= common[i][j+1] {
				i++
			} else {
				j++
			}
		}
		list = append(list, [4]int{start + from, start + i, start + to, start + j})
	}
	return list
}

var requireLine = lazyregexp.New(`(?m)^\s*(?:require\s+)?([\w.\-/]+)\s+v[0-9]\S*`)

// requires reports whether go.mod names a module.
func (p *goProject) requires(module string) bool {
	if p.mod == nil {
		return false
	}
	for _, m := range requireLine.Get().FindAllStringSubmatch(p.mod.Text, -1) {
		if m[1] == module {
			return true
		}
	}
	return false
}

// importPath returns the import path of a package of the project.
func (p *goProject) importPath(dir string) string {
	if p.mod == nil {
		return ""
	}
	for line := range strings.Lines(p.mod.Text) {
		if module, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			root := path.Dir(p.mod.Name)
			rest := strings.TrimPrefix(strings.TrimPrefix(dir, root), "/")
			if root == "." {
				rest = strings.TrimPrefix(dir, ".")
			}
			return path.Join(strings.Trim(strings.TrimSpace(module), `"`), rest)
		}
	}
	return ""
}

// require declares a module in go.mod.
func (p *goProject) require(module, version string) {
	if p.mod == nil || p.requires(module) {
		return
	}
	newLine, text := p.mod.NewLine(), p.mod.Text
	if i := strings.Index(text, "require ("); i >= 0 {
		at := p.mod.LineEnd(i)
		p.change.Edit(p.mod, source.Insert(at, "\t"+module+" "+version+newLine))
		return
	}
	end := ""
	if text != "" && !strings.HasSuffix(text, "\n") {
		end = newLine
	}
	p.change.Edit(p.mod, source.Insert(len(text), end+newLine+"require "+module+" "+version+newLine))
}

// addImport returns the edits that import a package, and the name by which the
// file can call it.
func addImport(f *gocode.File, importPath string) ([]source.Edit, string) {
	if name := f.Import(importPath); name != "" {
		return nil, name
	}
	base := path.Base(importPath)
	name, spec := base, goString(importPath)
	if f.Package.DeclaresGlobal(name) || f.ImportsAs(name) {
		name = path.Base(path.Dir(importPath)) + base
		name = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToLower(name))
		spec = name + " " + spec
	}
	var block *ast.GenDecl
	for _, d := range f.AST.Decls {
		if gen, ok := d.(*ast.GenDecl); ok && len(gen.Specs) > 0 {
			if _, isImport := gen.Specs[0].(*ast.ImportSpec); isImport {
				block = gen
				if gen.Lparen.IsValid() {
					break
				}
			}
		}
	}
	switch {
	case block == nil:
		return []source.Edit{source.Insert(f.Span(f.AST.Name).End, "\n\nimport "+spec)}, name
	case !block.Lparen.IsValid():
		return []source.Edit{source.Insert(f.Span(block).End, "\nimport "+spec)}, name
	}
	return []source.Edit{importInto(f, block, importPath, spec)}, name
}

// importInto returns the edit that adds a line to a block of imports, in the group
// of those of its kind.
func importInto(f *gocode.File, block *ast.GenDecl, importPath, spec string) source.Edit {
	standard := func(p string) bool { return !strings.Contains(strings.SplitN(strings.Trim(p, "`\""), "/", 2)[0], ".") }
	var last *ast.ImportSpec
	for _, s := range block.Specs {
		if s := s.(*ast.ImportSpec); standard(s.Path.Value) == standard(importPath) {
			last = s
		}
	}
	switch {
	case last != nil && standard(importPath):
		for _, s := range block.Specs { // the first is in the first group
			if s := s.(*ast.ImportSpec); standard(s.Path.Value) {
				return source.Insert(f.LineStart(f.Span(s).Start), "\t"+spec+"\n")
			}
		}
	case last != nil:
		return source.Insert(f.LineEnd(f.Span(last).End), "\t"+spec+"\n")
	case standard(importPath):
		return source.Insert(f.LineEnd(f.Offset(block.Lparen)), "\t"+spec+"\n\n")
	}
	return source.Insert(f.LineStart(f.Offset(block.Rparen)), "\n\t"+spec+"\n")
}
