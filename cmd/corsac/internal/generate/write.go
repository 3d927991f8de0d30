package generate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes files into a folder, which it makes. A file that exists is an
// error, before anything is written, unless force is set. A symbolic link in the
// folder that leads out of it is an error: the folder may have files of somebody
// else.
func Write(dir string, files []File, force bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a configuration that a server reads
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, f := range files {
		switch _, err := root.Lstat(f.Path); {
		case err == nil && !force:
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), fs.ErrExist)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), err)
		}
	}
	for _, f := range files {
		if err := f.write(root, force); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), err)
		}
	}
	return nil
}

// write writes a file below a folder.
func (f *File) write(root *os.Root, force bool) error {
	if err := root.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	flags, mode := os.O_WRONLY|os.O_CREATE|os.O_EXCL, os.FileMode(0o644)
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	if f.Executable {
		mode = 0o755
	}
	file, err := root.OpenFile(f.Path, flags, mode)
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.Text)
	return errors.Join(err, file.Close())
}
