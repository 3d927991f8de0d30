package generate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Write writes files into a folder, which it makes, each as [source.Target] says. A
// file that exists is an error, before anything is written, unless force is set. A
// symbolic link in the folder that leads out of it is an error: the folder may have
// files of somebody else. After the end of ctx, it writes nothing.
func Write(ctx context.Context, dir string, files []File, force bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a configuration that a server reads
		return err
	}
	folder, err := source.Folder(dir)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	for _, write := range []bool{false, true} {
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f.write(folder, force, write); err != nil {
				return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), err)
			}
		}
	}
	return nil
}

// write writes a file below a folder or, if write is false, looks whether it can be
// written.
func (f *File) write(folder *source.Tree, force, write bool) error {
	t, err := folder.Target(f.Path)
	if err != nil {
		return err
	}
	if !write {
		switch _, err := t.Stat(); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err == nil && !force:
			return fs.ErrExist
		default:
			return err
		}
	}
	mode := fs.FileMode(0o644)
	if f.Executable {
		mode = 0o755
	}
	return t.Write(f.Text, mode, force)
}
