package child

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBatch runs a script as npm.cmd is one.
func TestBatch(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.cmd"), []byte("@echo off\r\necho %1\r\nexit /b 3\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer // Wait waits until it is written
	c, err := Start(t.Context(), []string{`.\shop`, "a&b"}, Options{Dir: dir, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if status := c.Wait(); status != 3 || strings.TrimSpace(out.String()) != `"a&b"` {
		t.Errorf("status %d, %q", status, &out)
	}
}

// TestStop checks that a tree ends.
func TestStop(t *testing.T) {
	c, err := Start(t.Context(), []string{"cmd.exe", "/c", "ping -n 600 127.0.0.1"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	c.Stop(time.Second)
	if took := time.Since(before); took > 20*time.Second || c.Wait() == 0 {
		t.Errorf("status %d after %v", c.Wait(), took)
	}
}
