package source

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
)

// Target is a file that is to be written. It is below its root, which nothing in its
// path can leave, and not a symbolic link.
//
// A file is written in one step: whoever reads it, and whatever happens meanwhile, it
// has the old text or the new one. If there is no space for the new one, it has the
// old one.
type Target struct {
	Root *os.Root
	// Name is its path below the root, with slashes.
	Name string
}

// Target returns the file that a name in the tree leads to, which need not exist. The
// error is about one that leads out of the folder. Closing the tree closes it.
func (t *Tree) Target(name string) (*Target, error) {
	folder, ok := t.fsys.(*folderFS)
	if !ok {
		return nil, errors.New("it is not on a disk")
	}
	name, err := folder.target(path.Clean(name))
	if err != nil {
		return nil, err
	}
	return &Target{folder.root, name}, nil
}

// Stat returns the state of the file. The error may be [fs.ErrNotExist]; a file that
// is not a regular one is an error, too.
func (t *Target) Stat() (fs.FileInfo, error) {
	info, err := t.Root.Lstat(t.Name)
	switch {
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	}
	return info, nil
}

// ReadOnly reports whether nobody is meant to write a file.
func ReadOnly(info fs.FileInfo) bool { return info.Mode().Perm()&0o200 == 0 }

// Write creates the file or, with force, replaces one that is not read-only.
func (t *Target) Write(text string, mode fs.FileMode, force bool) error {
	info, err := t.Stat()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.Create(text, mode)
	case err != nil:
		return err
	case !force:
		return fs.ErrExist
	case ReadOnly(info):
		return errors.New("it is read-only")
	}
	return t.Replace(text, nil)
}

// Create writes a file that does not exist, and makes its folder. The error is
// [fs.ErrExist] if it exists.
func (t *Target) Create(text string, mode fs.FileMode) error {
	if err := t.Root.MkdirAll(path.Dir(t.Name), 0o755); err != nil {
		return reason(err)
	}
	return t.through(text, mode, func(temporary string) error {
		err := t.Root.Link(temporary, t.Name)
		if err == nil {
			return t.Root.Remove(temporary)
		}
		if _, there := t.Root.Lstat(t.Name); there == nil || errors.Is(err, fs.ErrExist) {
			return fs.ErrExist
		}
		// The file system may have no links.
		return t.Root.Rename(temporary, t.Name)
	})
}

// ErrChanged is the error of a file that somebody else has written meanwhile.
var ErrChanged = errors.New("it has changed since it was read")

// Replace puts a text in the place of that of a file, whose owner and permissions
// stay. The error is [ErrChanged] if the file does not have the text before, unless
// that is nil.
func (t *Target) Replace(text string, before *string) error {
	info, err := t.Stat()
	if err != nil {
		return err
	}
	return t.through(text, 0o600, func(temporary string) error {
		if err := keepOwner(t.Root, temporary, info); err != nil {
			return err
		}
		if err := t.Root.Chmod(temporary, info.Mode()); err != nil {
			return err
		}
		if before != nil && !t.Has(*before) { // as late as can be
			return ErrChanged
		}
		return t.Root.Rename(temporary, t.Name)
	})
}

// Has reports whether the file has a text.
func (t *Target) Has(text string) bool {
	now, err := t.Root.ReadFile(t.Name)
	return err == nil && string(now) == text
}

// through writes a text into a file beside the target, and calls then with its name.
// If one of the two fails, it leaves no such file.
func (t *Target) through(text string, mode fs.FileMode, then func(temporary string) error) error {
	temporary := path.Join(path.Dir(t.Name), ".corsac-"+rand.Text())
	f, err := t.Root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return reason(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = then(temporary)
	}
	if err != nil {
		_ = t.Root.Remove(temporary) // it may be gone
		return reason(err)
	}
	return nil
}
