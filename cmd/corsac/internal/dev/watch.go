package dev

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file must stay as it is before it is read: editors write in
// several steps.
const settle = 100 * time.Millisecond

// Follow reads the settings again when their file changes, until ctx is done. If they
// are wrong, the old ones stay.
func (r *Runner) Follow(ctx context.Context, name string, read func() (*Settings, error)) {
	file, err := filepath.Abs(name)
	if err == nil {
		err = watch(ctx, file, func() {
			if _, err := os.Stat(file); err != nil {
				return // an editor is about to write it
			}
			s, err := read()
			if err == nil && s.Proxy.Web == nil && r.Settings.started {
				s, err = s.WithWeb(r.Settings.Proxy.Web)
			}
			if err == nil {
				err = r.Reload(s)
			}
			if err != nil {
				r.Log.Warn("the old settings stay: the file is wrong", "file", name, "reason", err)
				return
			}
			r.Log.Info("settings read again", "file", name)
		})
	}
	if err != nil {
		r.Log.Warn("changes of the file will not be noticed", "file", name, "reason", err)
	}
}

// watch calls changed after each change of a file, until ctx is done. It watches the
// folder, because editors replace files, and the file may not exist yet.
func watch(ctx context.Context, file string, changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	if err := w.Add(filepath.Dir(file)); err != nil {
		_ = w.Close()
		return err
	}
	go func() {
		defer w.Close()
		timer := time.NewTimer(0)
		<-timer.C
		for {
			select {
			case <-ctx.Done():
				return
			case e, ok := <-w.Events:
				if !ok {
					return
				}
				if filepath.Base(e.Name) == filepath.Base(file) && !e.Has(fsnotify.Chmod) {
					timer.Reset(settle)
				}
			case _, ok := <-w.Errors: // a queue that was too long: the file may have changed
				if !ok {
					return
				}
				timer.Reset(settle)
			case <-timer.C:
				changed()
			}
		}
	}()
	return nil
}
