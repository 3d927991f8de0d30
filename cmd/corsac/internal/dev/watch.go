package dev

import (
	"context"
	"os"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/watch"
)

// Follow reads the settings again when their file changes, until ctx is done. If they
// are wrong, the old ones stay.
func (r *Runner) Follow(ctx context.Context, name string, read func() (*Settings, error)) {
	err := watch.Files(ctx, []string{name}, func() {
		if _, err := os.Stat(name); err != nil {
			return // an editor is about to write it
		}
		s, err := read()
		if err == nil {
			err = r.Reload(s)
		}
		if err != nil {
			r.Log.Warn("the old settings stay: the file is wrong", "file", name, "reason", strings.Join(finding.Lines(err), "; "))
			return
		}
		r.Log.Info("settings read again", "file", name)
	})
	if err != nil {
		r.Log.Warn("changes of the file will not be noticed", "file", name, "reason", err)
	}
}
