package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestTarget checks which files are written, and that permissions stay.
func TestTarget(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	outside := folder(t, map[string]string{"x": "old"})
	dir := folder(t, map[string]string{"a": "old", "b": "old", "closed": "old", "folder/y": "old"})
	for name, mode := range map[string]fs.FileMode{"a": 0o640, "closed": 0o444} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in": "b", "out": filepath.Join(outside, "x"), "gone": filepath.Join(outside, "new"), "dir": outside} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	tree := walk(t, dir)
	for name, want := range map[string]string{
		"a": "", "in": "", "new": "", "made/new": "", "closed": "read-only", "folder": "not a regular file",
		"out": "leads out of the folder", "gone": "leads out of the folder", "dir/x": "leads out of the folder", "dir/new": "leads out of the folder", "../x": "leads out of the folder",
	} {
		target, err := tree.Target(name)
		if err == nil {
			err = target.Write("new", 0o600, true)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for name, want := range map[string]string{"a": "new", "b": "new", "in": "new", "closed": "old", "folder/y": "old", "made/new": "new"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(outside, "x")); string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 10 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestCreateOnce checks that of many who create a file at the same moment, one does.
func TestCreateOnce(t *testing.T) {
	t.Parallel()
	target, err := walk(t, t.TempDir()).Target("a/b")
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 20)
	var wait sync.WaitGroup
	for range cap(errs) {
		wait.Go(func() { errs <- target.Create("text", 0o600) })
	}
	wait.Wait()
	close(errs)
	created := 0
	for err := range errs {
		if err == nil {
			created++
		} else if !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if created != 1 || !target.Has("text") {
		t.Errorf("created %d times", created)
	}
}
