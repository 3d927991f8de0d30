package repotest

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const libraryPath = "github.com/corsac-dev/corsac"

var update = flag.Bool("update", false, "rewrite the golden files")

// rules are the rules of the repository. Each returns one line per breach.
var rules = []struct {
	name  string
	check func(*testing.T, *repo) []string
}{
	{"layers", layers},
	{"package docs", packageDocs},
	{"documented exports", documentedExports},
	{"modules", modules},
	{"links", links},
	{"linked names", linkedNames},
	{"page widths", pageWidths},
	{"named paths", namedPaths},
	{"plain English", plainEnglish},
	{"command line", commandLine},
	{"one door", oneDoor},
	{"readme", readme},
	{"decisions", decisions},
	{"images", images},
	{"cause files", causeFiles},
	{"file lengths", fileLengths},
	{"function lengths", functionLengths},
	{"file sizes", fileSizes},
	{"machine paths", machinePaths},
}

func TestRules(t *testing.T) {
	r := thisRepo(t)
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, breach := range rule.check(t, r) {
				t.Error(breach)
			}
		})
	}
}

// repo is a tree of files and the Go source in it.
type repo struct {
	root  string
	files []string // relative to root, with slashes, sorted
	src   []*goFile
}

// goFile is a parsed Go file outside testdata.
type goFile struct {
	path   string // relative to the root, with slashes
	pkg    string // its package's folder
	module string // its module's folder
	test   bool
	fset   *token.FileSet
	ast    *ast.File
}

// thisRepo reads the files of this repository that git has or would add.
func thisRepo(t *testing.T) *repo {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("git ls-files: %v", err)
		}
		t.Skipf("this is not a git clone, so it is unknown what belongs to the repository: %v", err)
	}
	return newRepo(t, root, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"))
}

func newRepo(t *testing.T, root string, files []string) *repo {
	t.Helper()
	r := &repo{root: root}
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			r.files = append(r.files, name)
		}
	}
	slices.Sort(r.files)
	r.files = slices.Compact(r.files)
	for _, name := range r.files {
		if path.Ext(name) != ".go" || inTestdata(name) {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		r.src = append(r.src, &goFile{
			path: name, pkg: path.Dir(name), module: r.moduleOf(name),
			test: strings.HasSuffix(name, "_test.go"), fset: fset, ast: file,
		})
	}
	return r
}

// read returns the text of a file of the repository.
func (r *repo) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (r *repo) has(name string) bool {
	_, ok := slices.BinarySearch(r.files, name)
	return ok
}

// hasFolder reports whether the repository has a file below the folder dir.
func (r *repo) hasFolder(dir string) bool {
	i, _ := slices.BinarySearch(r.files, dir+"/")
	return dir == "." || i < len(r.files) && strings.HasPrefix(r.files[i], dir+"/")
}

// moduleOf returns the innermost folder around the file name that has a go.mod.
func (r *repo) moduleOf(name string) string {
	dir := path.Dir(name)
	for dir != "." && !r.has(dir+"/go.mod") {
		dir = path.Dir(dir)
	}
	return dir
}

// imports returns the folders of this repository that the file imports. Each
// module has the import path of its folder.
func (f *goFile) imports() []string {
	var dirs []string
	for _, spec := range f.ast.Imports {
		if dir, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), libraryPath+"/"); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// at returns the file, line and column of a position, in the form that editors
// open.
func (f *goFile) at(pos token.Pos) string {
	return f.path + ":" + strings.TrimPrefix(f.fset.Position(pos).String(), f.fset.Position(pos).Filename+":")
}

// inLibrary reports whether the file belongs to what users import.
func (f *goFile) inLibrary() bool {
	return f.ast.Name.Name != "main" && (slices.Contains(libraryModules, f.module) || under(f.module, "adapters"))
}

// under reports whether dir is parent or a folder below it.
func under(dir, parent string) bool {
	return dir == parent || strings.HasPrefix(dir, parent+"/")
}

func inTestdata(name string) bool {
	return slices.Contains(strings.Split(name, "/"), "testdata")
}
