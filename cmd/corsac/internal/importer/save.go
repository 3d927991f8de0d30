package importer

import (
	"context"
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
func Save(ctx context.Context, name string, files []generate.File, force bool) (written []string, err error) {
	if IsFolder(name) {
		for _, f := range files {
			written = append(written, filepath.Join(name, f.Path))
		}
		return written, generate.Write(ctx, name, files, force)
	}
	return []string{name}, generate.Write(ctx, filepath.Dir(name), []generate.File{{Path: filepath.Base(name), Text: files[0].Text}}, force)
}
