package dev

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file must stay as it is before it is read: editors write in
// several steps.
const settle = 100 * time.Millisecond

// Watch calls changed after each change of a file, until ctx is done. It watches the
// folder, because editors replace files, and the file may not exist yet.
func Watch(ctx context.Context, file string, changed func()) error {
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
