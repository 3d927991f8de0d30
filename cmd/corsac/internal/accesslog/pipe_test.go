//go:build unix

package accesslog_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// TestNamedPipe checks that a named pipe is refused, since opening one waits for a
// reader.
func TestNamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := accesslog.Check(&config.AccessLog{To: pipe}); err == nil {
		t.Error("it is accepted")
	}
}
