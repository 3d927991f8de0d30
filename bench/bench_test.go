package main

import (
	"io"
	"strings"
	"testing"
)

// TestQuick runs everything, measuring next to nothing. Times are not looked at: only that corsac does in
// every scenario what it must.
func TestQuick(t *testing.T) {
	var out strings.Builder
	if status := run([]string{"-quick", "-heap=false", "-peers", "rs"}, &out, io.Discard); status != 0 {
		t.Fatalf("status %d", status)
	}
	_, failures, ok := strings.Cut(out.String(), "| what it fails to do |")
	if !ok {
		t.Fatalf("no table of failures in:\n%s", out.String())
	}
	if strings.Contains(failures, "| corsac |") {
		t.Errorf("corsac fails:\n%s", failures)
	}
}
