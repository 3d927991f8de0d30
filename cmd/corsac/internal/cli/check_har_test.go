package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckPlaywright checks that a recording of Playwright in which requests failed is
// not taken for one that is in order.
func TestCheckPlaywright(t *testing.T) {
	out, _, status := corsacCheck(t, "", "--har", filepath.Join("..", "har", "testdata", "playwright.har"))
	if want := "11 cross-origin requests: 2 allowed, 1 blocked, 8 network errors\n"; status != 1 || !strings.Contains(out, want) {
		t.Errorf("status %d, want 1 and %s\n%s", status, want, out)
	}
}
