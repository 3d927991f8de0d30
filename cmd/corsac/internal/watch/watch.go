// Package watch notices when files change, however they do: editors write in
// several steps or replace a file, tools rename symbolic links, and Kubernetes
// changes the link of a folder in which its ConfigMaps and Secrets are.
package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must stay as they are before they count as changed. They
// have changed a while before, since the first look is as long after the event.
const settle = 50 * time.Millisecond

// maxLinks bounds how many symbolic links lead to a file.
const maxLinks = 40

// Files calls changed after each change of one of the files, until ctx is done: of
// what is in it, or of where its name leads. A file need not exist, but its folder
// must. changed is not called while it runs.
func Files(ctx context.Context, files []string, changed func()) error {
	w := &watcher{changed: changed}
	for _, file := range files {
		file, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		w.files = append(w.files, file)
	}
	var err error
	if w.Watcher, err = fsnotify.NewWatcher(); err != nil {
		return err
	}
	if err := w.follow(); err != nil {
		_ = w.Close()
		return err
	}
	w.known = w.stamps()
	go w.run(ctx)
	return nil
}

type watcher struct {
	*fsnotify.Watcher

	files   []string
	changed func()
	known   []stamp // when changed was called last
}

// follow watches the folders in which a change can concern the files. It returns
// the first error.
func (w *watcher) follow() (failed error) {
	var all []string
	for _, file := range w.files {
		all = append(all, folders(file)...)
	}
	for _, old := range w.WatchList() {
		if !slices.Contains(all, old) {
			_ = w.Remove(old)
		}
	}
	for _, folder := range all {
		if err := w.Add(folder); err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// run waits for events. Whatever they are about, the files decide: a folder may be
// a busy one, and the name in an event need not be that of a file.
func (w *watcher) run(ctx context.Context) {
	defer w.Close()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	waiting := false
	var seen []stamp
	begin := func() {
		if !waiting {
			waiting, seen = true, nil
			timer.Reset(settle)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-w.Events:
			if !ok {
				return
			}
			begin()
		case _, ok := <-w.Errors: // a queue that was too long
			if !ok {
				return
			}
			begin()
		case <-timer.C:
			now := w.stamps()
			switch {
			case slices.EqualFunc(now, w.known, stamp.same):
				waiting = false
			case !slices.EqualFunc(now, seen, stamp.same):
				seen = now
				timer.Reset(settle)
			default:
				waiting, w.known = false, now
				_ = w.follow() // a folder that is not there yet is waited for in the one above
				w.changed()
			}
		}
	}
}

// stamp is what a file was at some time; nil if it was not there.
type stamp struct{ fs.FileInfo }

func (s stamp) same(other stamp) bool {
	if s.FileInfo == nil || other.FileInfo == nil {
		return s.FileInfo == nil && other.FileInfo == nil
	}
	return os.SameFile(s.FileInfo, other.FileInfo) && s.Size() == other.Size() && s.ModTime().Equal(other.ModTime())
}

func (w *watcher) stamps() []stamp {
	all := make([]stamp, len(w.files))
	for i, file := range w.files {
		if info, err := os.Stat(file); err == nil {
			all[i] = stamp{info}
		}
	}
	return all
}

// folders returns the folder of a file and, if symbolic links lead to it, those of
// the links.
func folders(file string) (all []string) {
	for range maxLinks {
		link, target, rest := firstLink(file)
		if link == "" {
			break
		}
		all = append(all, filepath.Dir(link))
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(link), target)
		}
		file = filepath.Join(target, rest)
	}
	return append(all, filepath.Dir(file))
}

// firstLink returns the first part of an absolute path that is a symbolic link,
// where it leads, and the rest of the path.
func firstLink(path string) (link, target, rest string) {
	root := filepath.VolumeName(path) + string(filepath.Separator)
	for i := len(root); i <= len(path); i++ {
		if i < len(path) && path[i] != filepath.Separator {
			continue
		}
		if target, err := os.Readlink(path[:i]); err == nil {
			return path[:i], target, path[i:]
		}
	}
	return "", "", ""
}
