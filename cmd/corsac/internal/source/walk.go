package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds on a walk.
const (
	maxEntries = 200_000 // files and folders that are looked at
	maxDepth   = 50      // folders within folders
)

// passed are folders of dependencies and of results, which say nothing about the
// project itself.
var passed = []string{"node_modules", "bower_components", "vendor", "third_party", "venv", "env", "target", "build", "dist", "obj", "testdata", "__pycache__"}

// PassesOver reports whether a folder within a project is not looked into: it is
// hidden, or holds dependencies or results.
func PassesOver(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(passed, name)
}

// Walk returns the tree of the files below a folder. It leaves out what git
// ignores, folders of [PassesOver], virtual environments of Python, old versions
// that end in .orig, and symbolic links; [Tree.Open] follows links that stay below
// the folder. What cannot be
// read is in Skipped. The error is about the folder itself, such as [ErrFile]. Close
// the tree.
func Walk(dir string) (*Tree, error) {
	t, err := Folder(dir)
	if err != nil {
		return nil, err
	}
	w := walker{fsys: t.fsys}
	rules, prefix := outerRules(t.Root)
	w.prefix = prefix
	if err := w.folder(".", rules, 0); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.take(w.names)
	for _, s := range w.skipped {
		t.skip(s.Name, s.Why)
	}
	return t, nil
}

// ErrFile is the error of a file where a folder should be.
var ErrFile = errors.New("it is a file, not a folder")

// Folder returns a tree of a folder without names of files. Close the tree.
func Folder(dir string) (*Tree, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, ErrFile
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	t := NewTree(full, newFolderFS(root, full), nil)
	t.close = root.Close
	if t.Shown = filepath.ToSlash(filepath.Clean(dir)); t.Shown == "." {
		t.Shown = ""
	}
	return t, nil
}

type walker struct {
	fsys fs.FS
	// prefix is the path of the walk's folder below the one that the outermost
	// rules are in; "" or with a slash at its end.
	prefix  string
	entries int
	full    bool
	names   []string
	skipped []Skipped
}

// folder collects the files of a folder, then those of the folders in it. The
// error is that of reading the folder.
func (w *walker) folder(dir string, rules ignoreRules, depth int) error {
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil && len(entries) == 0 {
		return reason(err)
	}
	if err != nil {
		w.skip(dir, reason(err).Error())
	}
	if text := w.ignoreFile(dir, entries); text != "" {
		folder := strings.TrimSuffix(w.prefix, "/")
		if dir != "." {
			folder = w.prefix + dir
		}
		rules = rules.with(folder, text)
	}
	var folders []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if w.entries++; w.entries > maxEntries || len(w.names) > MaxFiles {
			w.stop()
			return nil
		}
		switch {
		case rules.match(w.prefix+name, e.IsDir()):
		case e.IsDir():
			folders = append(folders, name)
		case e.Type().IsRegular() && path.Ext(name) != ".orig":
			w.names = append(w.names, name)
		}
	}
	for _, name := range folders {
		w.enter(name, rules, depth+1)
	}
	return nil
}

// enter looks into a folder within the project.
func (w *walker) enter(name string, rules ignoreRules, depth int) {
	switch {
	case w.full || PassesOver(path.Base(name)):
	case depth > maxDepth:
		w.skip(name, fmt.Sprintf("it is more than %d folders deep", maxDepth))
	case w.isFile(name + "/pyvenv.cfg"): // a virtual environment of Python
	default:
		if err := w.folder(name, rules, depth); err != nil {
			w.skip(name, err.Error())
		}
	}
}

func (w *walker) isFile(name string) bool {
	info, err := fs.Stat(w.fsys, name)
	return err == nil && info.Mode().IsRegular()
}

// ignoreFile returns the text of the .gitignore among the entries of a folder.
func (w *walker) ignoreFile(dir string, entries []fs.DirEntry) string {
	const file = ".gitignore"
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == file && e.Type().IsRegular() }) {
		return ""
	}
	name := path.Join(dir, file)
	text, err := readText(w.fsys, name)
	if err != nil {
		w.skip(name, err.Error())
	}
	return text
}

func (w *walker) skip(name, why string) { w.skipped = append(w.skipped, Skipped{name, why}) }

// stop ends the walk because there is too much. [Tree.take] says so if it is for
// the number of files.
func (w *walker) stop() {
	if !w.full && len(w.names) <= MaxFiles {
		w.skip(".", fmt.Sprintf("it has more than %d files and folders; only the first ones were looked at", maxEntries))
	}
	w.full = true
}

// outerRules returns the rules of the .gitignore files in the folders around one,
// up to that of the repository, and the path of the folder below that.
func outerRules(dir string) (rules ignoreRules, prefix string) {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	top := repository(dir)
	if top == "" {
		return nil, ""
	}
	rel, err := filepath.Rel(top, dir)
	if err != nil {
		return nil, ""
	}
	fsys := os.DirFS(top)
	if text, err := readText(fsys, ".git/info/exclude"); err == nil {
		rules = rules.with("", text)
	}
	if rel == "." {
		return rules, ""
	}
	at := ""
	for part := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if text, err := readText(fsys, path.Join(at, ".gitignore")); err == nil {
			rules = rules.with(at, text)
		}
		at = path.Join(at, part)
	}
	return rules, at + "/"
}

// repository returns the folder of the git repository that a folder is in, or "".
func repository(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
