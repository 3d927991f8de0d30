package importer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
)

// IsFolder reports whether a user means a folder by a name: there is one, or the
// name ends in a slash.
func IsFolder(name string) bool {
	if strings.HasSuffix(name, "/") || strings.HasSuffix(name, string(filepath.Separator)) {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// Save writes files into a folder, or the only one under a name, and returns the
// names. A file that exists is an error that is [fs.ErrExist], unless force is set.
func Save(name string, files []generate.File, force bool) (written []string, err error) {
	if IsFolder(name) {
		for _, f := range files {
			written = append(written, filepath.Join(name, f.Path))
		}
		return written, generate.Write(name, files, force)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(name, flags, 0o644) //nolint:gosec // a configuration that a server reads
	if err != nil {
		return nil, err
	}
	_, err = file.WriteString(files[0].Text)
	return []string{name}, errors.Join(err, file.Close())
}
