package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// TestDocs checks that every configuration in the documentation is valid.
func TestDocs(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	shown := 0
	check := func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "```yaml\n")[1:] {
			text, _, _ := strings.Cut(block, "```")
			if !strings.Contains(text, "policies:") {
				continue
			}
			shown++
			if c, err := config.Parse(path, []byte(text)); err != nil {
				t.Errorf("%s shows a configuration with mistakes:\n%v", path, err)
			} else if notes := c.Notes(); strings.Contains(text, "gateway:") && len(notes) > 0 {
				t.Errorf("%s shows a configuration with notes: %v", path, notes)
			}
		}
	}
	check(filepath.Join(root, "README.md"))
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" {
			check(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if shown < 2 {
		t.Errorf("only %d configurations found", shown)
	}
}
