package source

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// errOutside is the error of a symbolic link that leads out of a folder.
var errOutside = errors.New("it is a link, or below one, that leads out of the folder")

// maxLinks bounds the links on the way to a file, as systems do.
const maxLinks = 40

// folderFS is the file system of a folder. Unlike that of an [os.Root], it follows
// links with an absolute path, too, if they stay below the folder: Debian's
// sites-enabled has such links. It only works out where they lead to: the file is
// opened by the root, which nothing leaves.
type folderFS struct {
	root *os.Root
	// paths are those of the folder: as the user names it, and without links.
	paths []string
}

// newFolderFS returns the file system of a folder with an absolute path.
func newFolderFS(root *os.Root, full string) *folderFS {
	f := &folderFS{root, []string{full}}
	if real, err := filepath.EvalSymlinks(full); err == nil && real != full {
		f.paths = append(f.paths, real)
	}
	return f
}

// Open implements [fs.FS].
func (f *folderFS) Open(name string) (fs.File, error) { return following(f, name, f.in().Open) }

// Stat implements [fs.StatFS].
func (f *folderFS) Stat(name string) (fs.FileInfo, error) {
	return following(f, name, func(name string) (fs.FileInfo, error) { return fs.Stat(f.in(), name) })
}

// ReadDir implements [fs.ReadDirFS].
func (f *folderFS) ReadDir(name string) ([]fs.DirEntry, error) {
	return following(f, name, func(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.in(), name) })
}

func (f *folderFS) in() fs.FS { return f.root.FS() }

// following calls do with a name or, if that fails because of links with absolute
// paths, with where they lead to.
func following[T any](f *folderFS, name string, do func(string) (T, error)) (T, error) {
	result, err := do(name)
	if err == nil || !fs.ValidPath(name) {
		return result, err
	}
	target, mistake := f.target(name)
	switch {
	case mistake != nil:
		return result, &fs.PathError{Op: "open", Path: name, Err: mistake}
	case target == name:
		return result, err
	}
	return do(target)
}

// target returns the name of the file that a name leads to, without links in it. The
// error is errOutside, or about too many links. What cannot be read is not a link.
func (f *folderFS) target(name string) (string, error) {
	at, rest := ".", strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		if next == ".." || strings.HasPrefix(next, "../") {
			return "", errOutside
		}
		link, err := f.root.Readlink(filepath.FromSlash(next))
		if err != nil {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", errors.New("there are too many links on the way to it")
		}
		if filepath.IsAbs(link) {
			if link, err = f.below(link); err != nil {
				return "", err
			}
			at = "."
		}
		rest = append(strings.Split(filepath.ToSlash(link), "/"), rest...)
	}
	return at, nil
}

// below returns the name below the folder of an absolute path.
func (f *folderFS) below(full string) (string, error) {
	for _, folder := range f.paths {
		if rel, err := filepath.Rel(folder, full); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), nil
		}
	}
	return "", errOutside
}
