//go:build unix

package playground_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

// TestWriteFIFO checks that a named pipe in place of a file does not let the program
// wait for who reads or writes there.
func TestWriteFIFO(t *testing.T) {
	for _, name := range []string{"index.html", "playground.css"} {
		for _, force := range []bool{false, true} {
			dir := t.TempDir()
			if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- playground.Write(dir, engine.Engine{}, force) }()
			select {
			case err := <-done:
				if err == nil || errors.Is(err, playground.ErrOccupied) == force {
					t.Errorf("%s, force %t: %v", name, force, err)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("%s, force %t: it waits", name, force)
			}
		}
	}
}
