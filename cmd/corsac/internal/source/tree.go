package source

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// Bounds on what is read of a project.
const (
	MaxFile  = 1 << 20  // bytes of a file
	MaxFiles = 20_000   // files in a tree
	MaxTotal = 64 << 20 // bytes of all files
)

// Tree is the files of a project.
type Tree struct {
	// Root is the folder in the notation of the system, for texts and for paths
	// that files have in them, such as /etc/nginx; "" if there is none.
	Root string
	// Skipped are the files that could not be read, and why.
	Skipped []Skipped
	// Shown is the folder as the user names it, with slashes; "" for the working
	// folder. Texts have it before the names of files.
	Shown string

	fsys  fs.FS
	names []string
	named []string          // those that the user names
	also  map[string]string // patterns that names match besides
	read  map[string]*File
	memos map[any]any
	total int
	close func() error
}

// Skipped is a file or folder that was not read.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// NewTree returns a tree of the named files below a folder; [Tree.Glob] and
// [Tree.Open] also find others there. Names are paths with slashes.
func NewTree(root string, fsys fs.FS, names []string) *Tree {
	t := &Tree{Root: root, fsys: fsys, also: map[string]string{}, read: map[string]*File{}, memos: map[any]any{}, close: func() error { return nil }}
	t.take(names)
	return t
}

// Memo returns the value of a type that readers of a tree share, such as what they
// have parsed; the first one makes it. Only one goroutine may read a tree.
func Memo[T any](t *Tree, made func() *T) *T {
	key := any((*T)(nil))
	m, ok := t.memos[key].(*T)
	if !ok {
		m = made()
		t.memos[key] = m
	}
	return m
}

// take adds the names of files.
func (t *Tree) take(names []string) {
	t.names = slices.Clone(names)
	if len(t.names) > MaxFiles {
		t.skip(".", fmt.Sprintf("it has more than %d files; only the first ones were read", MaxFiles))
		t.names = t.names[:MaxFiles]
	}
}

// Close closes the folder of a tree that [Walk] or [Open] has opened.
func (t *Tree) Close() error { return t.close() }

// Named returns the names of the files that the user names.
func (t *Tree) Named() []string { return t.named }

// Unopened returns the files that the user names and that nobody has opened: no
// reader knows what they are for.
func (t *Tree) Unopened() []string {
	return slices.DeleteFunc(slices.Clone(t.named), func(name string) bool { _, ok := t.read[path.Clean(name)]; return ok })
}

// Treat makes [Tree.Names] return a file for a pattern that its name does not
// match, because the user says what it is.
func (t *Tree) Treat(name, pattern string) { t.also[name] = pattern }

// FS returns the folder of the tree.
func (t *Tree) FS() fs.FS { return t.fsys }

// Show returns the name of a file for texts: below the working folder.
func (t *Tree) Show(name string) string { return filepath.FromSlash(path.Join(t.Shown, name)) }

// Place is [File.Place] with the name of [Tree.Show].
func (t *Tree) Place(f *File, offset int) *finding.Place {
	place := f.Place(offset)
	place.File = t.Show(f.Name)
	return place
}

// Names returns the names of the files whose base matches one of the patterns of
// [path.Match], in the order of the tree.
func (t *Tree) Names(patterns ...string) (names []string) {
	for _, name := range t.names {
		if slices.ContainsFunc(patterns, func(p string) bool {
			ok, err := path.Match(p, path.Base(name))
			return ok && err == nil || t.also[name] == p
		}) {
			names = append(names, name)
		}
	}
	return names
}

// Files returns the files of [Tree.Names] that can be read.
func (t *Tree) Files(patterns ...string) (files []*File) {
	for _, name := range t.Names(patterns...) {
		if f := t.Open(name); f != nil {
			files = append(files, f)
		}
	}
	return files
}

// Open returns a file below the root, or nil: it is then in Skipped, unless it
// does not exist.
func (t *Tree) Open(name string) *File {
	name = path.Clean(name)
	if f, ok := t.read[name]; ok {
		return f
	}
	f, err := t.load(name)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errFull) && !slices.Contains(t.named, name):
		t.Skip(".", fmt.Sprintf("its files have more than %d MiB; only the first ones were read", MaxTotal>>20))
	default:
		t.skip(name, err.Error())
	}
	t.read[name] = f
	return f
}

// Glob returns the names of files below the root that match a pattern of
// [path.Match], sorted, as the includes of configurations name them. As for a
// shell, * does not stand for a dot at the beginning of a name.
func (t *Tree) Glob(pattern string) []string {
	pattern = path.Clean(pattern)
	names, err := fs.Glob(t.fsys, pattern)
	if err != nil {
		return nil
	}
	names = slices.DeleteFunc(names, func(name string) bool { return hides(pattern, name) })
	slices.Sort(names)
	return names[:min(len(names), MaxFiles)]
}

// hides reports whether a part of a name begins with a dot that the part of a
// pattern for it does not have.
func hides(pattern, name string) bool {
	parts := strings.Split(pattern, "/")
	for i, part := range strings.Split(name, "/") {
		if i < len(parts) && strings.HasPrefix(part, ".") && !strings.HasPrefix(parts[i], ".") && !strings.HasPrefix(parts[i], `\.`) {
			return true
		}
	}
	return false
}

// Reachable returns the name below the root of a path in the notation of the
// system, or with slashes; from is the folder that a relative one begins at. It
// is false for what is outside.
func (t *Tree) Reachable(from, name string) (string, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	root := strings.TrimSuffix(strings.ReplaceAll(t.Root, `\`, "/"), "/")
	switch {
	case root != "" && strings.HasPrefix(name, root+"/"):
		name = strings.TrimPrefix(name, root+"/")
	case path.IsAbs(name) || len(name) > 1 && name[1] == ':':
		return "", false
	default:
		name = path.Join(from, name)
	}
	name = path.Clean(name)
	return name, fs.ValidPath(name)
}

// errFull is the error of a file that is too much.
var errFull = fmt.Errorf("the files before it have %d MiB already", MaxTotal>>20)

func (t *Tree) load(name string) (*File, error) {
	text, err := readText(t.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case t.total+len(text) > MaxTotal:
		return nil, errFull
	}
	if err := Readable(text); err != nil {
		return nil, err
	}
	t.total += len(text)
	return &File{Name: name, Text: text}, nil
}

// Readable returns why a text is not one that readers read, or nil.
func Readable(text string) error {
	switch {
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		return errors.New("it is text in UTF-16; save it in UTF-8")
	case !utf8.ValidString(text):
		return errors.New("it is not text in UTF-8")
	case strings.Contains(text, "\x00"):
		return errors.New("it is not text: it has a byte 0")
	}
	return nil
}

// readText reads a file of at most MaxFile bytes. It opens nothing but regular
// files: others, such as pipes, may never end.
func readText(fsys fs.FS, name string) (string, error) {
	tooLarge := fmt.Errorf("it is larger than %d KiB", MaxFile>>10)
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return "", reason(err)
	case !info.Mode().IsRegular():
		return "", errors.New("it is not a regular file")
	case info.Size() > MaxFile:
		return "", tooLarge
	}
	f, err := fsys.Open(name)
	if err != nil {
		return "", reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return "", reason(err)
	}
	if len(text) > MaxFile {
		return "", tooLarge
	}
	return string(text), nil
}

// reason returns an error without the operation and path that the caller knows.
func reason(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// Skip says that a file was not understood, once.
func (t *Tree) Skip(name, why string) {
	if !slices.Contains(t.Skipped, Skipped{name, why}) {
		t.skip(name, why)
	}
}

func (t *Tree) skip(name, why string) {
	t.Skipped = append(t.Skipped, Skipped{name, why})
	slices.SortStableFunc(t.Skipped, func(a, b Skipped) int { return cmp.Compare(a.Name, b.Name) })
}
