package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Open returns the trees of the files and folders that a user names: one of each
// folder, and one of all files in or below the working folder; others have that of
// their own folder. The error says which cannot be opened. Close the trees.
func Open(args []string) (trees []*Tree, err error) {
	byFolder := map[string]*Tree{}
	defer func() {
		if err != nil {
			err = errors.Join(err, Close(trees))
		}
	}()
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return trees, err
		}
		if info.IsDir() {
			t, err := Walk(arg)
			if err != nil {
				return trees, err
			}
			trees = append(trees, t)
			continue
		}
		folder, name, err := locate(arg)
		if err != nil {
			return trees, err
		}
		t := byFolder[folder]
		if t == nil {
			if t, err = Folder(folder); err != nil {
				return trees, err
			}
			byFolder[folder] = t
			trees = append(trees, t)
		}
		t.name(name)
	}
	return trees, nil
}

// Close closes trees.
func Close(trees []*Tree) error {
	var errs []error
	for _, t := range trees {
		errs = append(errs, t.Close())
	}
	return errors.Join(errs...)
}

// Named returns the files that the user names, as texts show them.
func Named(trees []*Tree) (names []string) {
	for _, t := range trees {
		for _, name := range t.named {
			names = append(names, t.Show(name))
		}
	}
	return names
}

// Unread returns what could not be read: a line for each file, and an error
// about those that the user names.
func Unread(trees []*Tree) (others []string, named error) {
	var errs []error
	for _, t := range trees {
		for _, s := range t.Skipped {
			if slices.Contains(t.named, s.Name) {
				errs = append(errs, fmt.Errorf("cannot read %s: %s", t.Show(s.Name), s.Why))
			} else {
				others = append(others, t.Show(s.Name)+" was not read: "+s.Why)
			}
		}
	}
	return others, errors.Join(errs...)
}

// Memory returns a tree of files that are not on a disk.
func Memory(files ...*File) *Tree {
	t := NewTree("", nothing{}, nil)
	for _, f := range files {
		t.read[f.Name] = f
		t.name(f.Name)
	}
	return t
}

// locate returns the folder that a file is looked at from, and its name there.
// For a symbolic link, that is where it leads to.
func locate(arg string) (folder, name string, err error) {
	if info, err := os.Lstat(arg); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if arg, err = resolve(arg); err != nil {
			return "", "", err
		}
	}
	if arg = filepath.Clean(arg); filepath.IsLocal(arg) {
		return ".", filepath.ToSlash(arg), nil
	}
	return filepath.Dir(arg), filepath.Base(arg), nil
}

// resolve returns where a symbolic link leads to: a path below the working folder
// if it is there.
func resolve(arg string) (string, error) {
	target, err := filepath.EvalSymlinks(arg)
	if err != nil {
		return "", err
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(here); err == nil {
		here = resolved
	}
	full, err := filepath.Abs(target)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(here, full); err == nil && filepath.IsLocal(rel) {
		return rel, nil
	}
	return full, nil
}

// name adds a file that the user names.
func (t *Tree) name(name string) {
	if !slices.Contains(t.names, name) {
		t.names = append(t.names, name)
	}
	t.named = append(t.named, name)
}

// nothing is a file system without files.
type nothing struct{}

// Open implements [fs.FS].
func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
