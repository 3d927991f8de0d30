package fix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Outcome is what [Write] did with a patch.
type Outcome struct {
	// Backup is the file that has the old text, as the user calls it; "" if there
	// is none, because version control has it.
	Backup string
	// Err says why nothing was written.
	Err error
}

// Write applies a patch to its file in a tree. Without force, it refuses a file
// that has changes which are not committed, as far as that is known, and one that
// is read-only.
func Write(ctx context.Context, t *source.Tree, p *Patch, force bool) Outcome {
	w, err := openTarget(t, p.Name)
	if err != nil {
		return Outcome{Err: err}
	}
	defer func() { _ = w.root.Close() }()
	if p.New {
		return Outcome{Err: w.create(p.After)}
	}
	info, err := w.check(p, force)
	if err != nil {
		return Outcome{Err: err}
	}
	kept, err := versioned(ctx, filepath.Join(w.root.Name(), filepath.FromSlash(w.name)), p.Before)
	if err != nil && !force {
		return Outcome{Err: fmt.Errorf("%w; commit it, or add --force", err)}
	}
	var o Outcome
	if !kept {
		if o.Backup, err = w.backup(p.Before, info); err != nil {
			return Outcome{Err: err}
		}
		o.Backup = t.Show(o.Backup)
	}
	o.Err = w.replace(p.After, info)
	return o
}

// target is a file to be written: not a symbolic link, and below its root, which
// nothing in its path can leave.
type target struct {
	root *os.Root
	name string
}

// openTarget finds the file that a name in a tree leads to. It is below the tree's
// root, or the name would not have been read.
func openTarget(t *source.Tree, name string) (*target, error) {
	dir, err := filepath.EvalSymlinks(t.Root)
	if err != nil {
		return nil, err
	}
	full := filepath.Join(dir, filepath.FromSlash(name))
	if resolved, err := filepath.EvalSymlinks(full); err == nil {
		full = resolved
	}
	rel, err := filepath.Rel(dir, full)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, errors.New("it is outside of the folder")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &target{root, filepath.ToSlash(rel)}, nil
}

// check returns the state of the file, if it may be written.
func (w *target) check(p *Patch, force bool) (fs.FileInfo, error) {
	info, err := w.root.Lstat(w.name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Mode().Perm()&0o200 == 0 && !force:
		return nil, errors.New("it is read-only; add --force to write it all the same")
	}
	if text, err := w.root.ReadFile(w.name); err != nil || string(text) != p.Before {
		return nil, errors.Join(errors.New("it has changed since it was read"), err)
	}
	return info, nil
}

// create writes a file that does not exist.
func (w *target) create(text string) error {
	if dir := path.Dir(w.name); dir != "." {
		if err := w.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return w.write(w.name, text, 0o644)
}

// write writes a new file; it leaves none if that fails.
func (w *target) write(name, text string, mode fs.FileMode) error {
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, w.root.Remove(name))
	}
	return err
}

// maxBackups bounds the names that are tried for a backup.
const maxBackups = 100

// Backups is the folder, below that of the project, that old texts are kept in.
// Beside the file, a server could load them, too: nginx does for include
// sites-enabled/*. Such patterns do not match names that begin with a dot.
const Backups = ".corsac-backup"

// backup keeps the old text in the folder of backups, where it has the path of the
// file with .orig at its end or, if that is there already, .orig.2 and so on.
func (w *target) backup(text string, info fs.FileInfo) (name string, err error) {
	if err = w.root.MkdirAll(path.Join(Backups, path.Dir(w.name)), 0o700); err != nil {
		return "", fmt.Errorf("the old text cannot be kept: %w", err)
	}
	for n := 1; n <= maxBackups; n++ {
		name = path.Join(Backups, w.name) + ".orig"
		if n > 1 {
			name += fmt.Sprintf(".%d", n)
		}
		if err = w.write(name, text, info.Mode().Perm()); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("the old text cannot be kept: %w", err)
	}
	return name, nil
}

// replace puts a new text in the place of a file in one step. Owner and permissions
// stay.
func (w *target) replace(text string, info fs.FileInfo) error {
	temporary := path.Join(path.Dir(w.name), ".corsac-"+rand.Text())
	if err := w.write(temporary, text, 0o600); err != nil {
		return err
	}
	err := keepOwner(w.root, temporary, info)
	if err == nil {
		err = w.root.Chmod(temporary, info.Mode())
	}
	if err == nil {
		err = w.root.Rename(temporary, w.name)
	}
	if err != nil {
		return errors.Join(err, w.root.Remove(temporary))
	}
	return nil
}
