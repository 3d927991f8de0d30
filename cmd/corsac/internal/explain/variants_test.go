package explain_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// TestVariants checks the slugs of messages in the wordings of many versions of
// browsers, programs and servers.
func TestVariants(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "variants.txt"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		slug, text, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok {
			t.Fatalf("not a variant: %s", line)
		}
		n++
		if x := explain.Explain([]byte(strings.ReplaceAll(text, `\n`, "\n")), explain.Options{}); x.Slug != slug {
			t.Errorf("slug %s, want %s\n%s", x.Slug, slug, text)
		}
	}
	if n < 100 {
		t.Errorf("only %d variants", n)
	}
}
