package config_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

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

// TestManifests checks the configurations in the manifests for Kubernetes.
func TestManifests(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "packaging", "kubernetes", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var manifest struct {
				Kind string
				Data map[string]string
			}
			if err := d.Decode(&manifest); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if manifest.Kind != "ConfigMap" {
				continue
			}
			found++
			c, err := config.Parse(file, []byte(manifest.Data["corsac.yaml"]))
			switch {
			case err != nil:
			case filepath.Base(file) == "extproc.yaml":
				err = c.NeedExtProc()
			default:
				err = c.NeedRoutes()
			}
			if err != nil {
				t.Errorf("%s has a configuration with mistakes:\n%v", file, err)
				continue
			}
			for _, note := range c.Notes() {
				if note.Cause != config.NoteAdminOpen { // for the kubelet
					t.Errorf("%s: %s", file, note.Title)
				}
			}
		}
	}
	if found != 3 {
		t.Errorf("%d configurations", found)
	}
}
