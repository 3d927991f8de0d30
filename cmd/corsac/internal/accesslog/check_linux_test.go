package accesslog_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// checkAsOther is [accesslog.Check] by somebody who is not root, to whom nothing is denied.
func checkAsOther(to string) error {
	err := make(chan error)
	go func() {
		if os.Getuid() == 0 {
			runtime.LockOSThread() // for good: the thread ends with the goroutine
			_ = unix.Setfsuid(65534)
		}
		err <- accesslog.Check(&config.AccessLog{To: to})
	}()
	return <-err
}

// TestCheckOfPermissions checks that a check says of what cannot be written what to do.
func TestCheckOfPermissions(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Dir(dir)} { // which others may look into
		if err := os.Chmod(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"closed": 0o555, "open": 0o777} {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, mode := range map[string]os.FileMode{"closed.log": 0o444, "open.log": 0o666} {
			file := filepath.Join(folder, name)
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
	}
	for to, want := range map[string]string{
		"open/new.log":      "",
		"open/open.log":     "",
		"closed/open.log":   "",
		"open/closed.log":   "/open/closed.log: permission denied; let the user of the service write to it",
		"closed/closed.log": "/closed/closed.log: permission denied; let the user of the service write to it",
		"closed/new.log":    "/closed/new.log: permission denied; let the user of the service write to its folder",
	} {
		err := checkAsOther(filepath.Join(dir, filepath.FromSlash(to)))
		if (err == nil) != (want == "") || err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", to, err, want)
		}
	}
}
