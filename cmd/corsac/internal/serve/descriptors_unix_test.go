//go:build unix

package serve_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTooFewDescriptors checks that the log says if the process cannot have as many
// connections as the configuration allows.
func TestTooFewDescriptors(t *testing.T) {
	const most = "1000000"
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur >= 1_000_000 {
		t.Skip("the process may open as many files as there can be connections")
	}
	for connections, said := range map[string]bool{most: true, "1": false} {
		text := within(fileFor(echo(t), first, "127.0.0.1:0"), "  limits: {connections: "+connections+"}\n", "")
		s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
		if strings.Contains(s.log.String(), "limits.connections needs more files") != said {
			t.Errorf("%s: %s", connections, s.log)
		}
	}
}
