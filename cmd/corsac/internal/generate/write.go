package generate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes files into a folder, which it makes. A file that exists is an
// error, before anything is written, unless force is set.
func Write(dir string, files []File, force bool) error {
	for _, f := range files {
		switch _, err := os.Lstat(filepath.Join(dir, f.Path)); {
		case err == nil && !force:
			return fmt.Errorf("%s: %w", filepath.Join(dir, f.Path), fs.ErrExist)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	for _, f := range files {
		if err := f.write(filepath.Join(dir, filepath.FromSlash(f.Path)), force); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) write(name string, force bool) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // a configuration that a server reads
		return err
	}
	flags, mode := os.O_WRONLY|os.O_CREATE|os.O_EXCL, os.FileMode(0o644)
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	if f.Executable {
		mode = 0o755
	}
	file, err := os.OpenFile(name, flags, mode)
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.Text)
	return errors.Join(err, file.Close())
}
