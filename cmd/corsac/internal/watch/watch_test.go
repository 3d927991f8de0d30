package watch_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/watch"
)

// TestFiles checks that each way to change a file is noticed, once.
func TestFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the test makes symbolic links")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) { t.Helper(); must(os.WriteFile(in(name), []byte(text), 0o600)) }
	link := func(target, name string) { // as kubelet does
		t.Helper()
		must(os.Symlink(target, in(name+"_tmp")))
		must(os.Rename(in(name+"_tmp"), in(name)))
	}
	must(os.MkdirAll(in("..1"), 0o700))
	must(os.MkdirAll(in("..2"), 0o700))
	must(os.MkdirAll(in("releases/1"), 0o700))
	must(os.MkdirAll(in("releases/2"), 0o700))
	write("plain", "1")
	write("..1/mounted", "1")
	write("..2/mounted", "2")
	write("releases/1/file", "1")
	write("releases/2/file", "2")
	link("..1", "..data")
	link("..data/mounted", "mounted")
	link("releases/1", "current")
	changes := make(chan struct{}, 100)
	must(watch.Files(t.Context(), []string{in("plain"), in("mounted"), in("current/file"), in("later")}, func() { changes <- struct{}{} }))
	for _, c := range []struct {
		what   string
		change func()
		want   int
	}{
		{"written", func() { write("plain", "22") }, 1},
		{"written in steps", func() { write("plain", ""); time.Sleep(10 * time.Millisecond); write("plain", "333") }, 1},
		{"replaced", func() { write("new", "44"); must(os.Rename(in("new"), in("plain"))) }, 1},
		{"another file of the folder", func() { write("other", "1") }, 0},
		{"mode", func() { must(os.Chmod(in("plain"), 0o644)) }, 0},
		{"a ConfigMap", func() { link("..2", "..data"); must(os.RemoveAll(in("..1"))) }, 1},
		{"in the new folder of the ConfigMap", func() { write("..2/mounted", "2222") }, 1},
		{"the link of a folder", func() { link("releases/2", "current") }, 1},
		{"what the link led to", func() { write("releases/1/file", "22") }, 0},
		{"created", func() { write("later", "1") }, 1},
		{"removed", func() { must(os.Remove(in("later"))) }, 1},
	} {
		c.change()
		got := 0
		for quiet := false; !quiet; {
			wait := 150 * time.Millisecond
			if got < c.want {
				wait = 10 * time.Second
			}
			select {
			case <-changes:
				got++
				quiet = got == c.want // one more is found by the next case
			case <-time.After(wait):
				quiet = true
			}
		}
		if got != c.want {
			t.Errorf("%s: noticed %d times, want %d", c.what, got, c.want)
		}
	}
	if err := watch.Files(t.Context(), []string{in("missing/file")}, func() {}); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}
