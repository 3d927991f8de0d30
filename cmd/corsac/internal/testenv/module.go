package testenv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchModule writes go.mod and go.sum of bench, which requires the frameworks,
// into a folder. corsac is this clone in it.
func BenchModule(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for !isFile(filepath.Join(root, "bench", "go.mod")) {
		if filepath.Dir(root) == root {
			t.Fatal("bench/go.mod is not above the test")
		}
		root = filepath.Dir(root)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, "bench", name))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.Replace(string(text), "github.com/corsac-dev/corsac => ..", "github.com/corsac-dev/corsac => "+root, 1))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
