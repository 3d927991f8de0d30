package fix_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
)

// TestDiffNumbers checks the numbers of lines in diffs with several changes.
func TestDiffNumbers(t *testing.T) {
	var list []string
	for i := range 40 {
		list = append(list, fmt.Sprintf("%d\r\n", i+1))
	}
	before := strings.Join(list, "")
	after := strings.NewReplacer("\n4\r", "\nnew\r\n4\r", "\n7\r", "\nnew\r\nnew\r\n7\r", "\n21\r\n", "\n", "\n36\r", "\nnew\r\n36\r").Replace(before)
	p := fix.Patch{Name: "a", Before: before, After: after}
	got := regexp.MustCompile(`(?m)^@@.*$`).FindAllString(p.Diff(), -1)
	if want := []string{"@@ -1,9 +1,12 @@", "@@ -18,7 +21,6 @@", "@@ -33,6 +35,7 @@"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p = fix.Patch{Name: "a", After: "1\n2\n", New: true}
	if !strings.Contains(p.Diff(), "\n@@ -0,0 +1,2 @@\n") {
		t.Errorf("%q", p.Diff())
	}
	p = fix.Patch{Name: "a", Before: "1\n"}
	if !strings.Contains(p.Diff(), "\n@@ -1 +0,0 @@\n") {
		t.Errorf("%q", p.Diff())
	}
}
