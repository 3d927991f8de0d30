package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiskFull checks that no space for a new text leaves the old one, whole, and
// nothing else.
func TestDiskFull(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	var origins strings.Builder
	for i := range 200 {
		fmt.Fprintf(&origins, "'https://app%d.example.com', ", i)
	}
	dir := t.TempDir()
	app := "const app = require('express')();\nconst cors = require('cors');\napp.use(cors({ origin: [" + origins.String() + "] }));\n"
	files := map[string]string{
		"app.js": app, "package.json": `{"dependencies": {"express": "5", "cors": "2"}}`, "out.yaml": "old", "nginx/nginx.conf": "old",
		"corsac.yaml": "policies: {app: {allow_origins: [" + origins.String() + "]}}\n",
	}
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{
		"import app.js -o out.yaml --force", "import app.js -o new.yaml", "generate nginx -o nginx --force", "generate nginx -o new",
		"fix --stack express --allow-origin https://a.example --write", "fix --stack express --allow-origin https://a.example --write --force",
	} {
		p := start(t, []string{"sh", "-c", `cd "$0" && ulimit -f 1 && exec "$@"`, dir}, strings.Fields(args)...)
		if err := p.end(); err == nil {
			t.Errorf("%s: no error", args)
		}
		var out strings.Builder
		for line := range p.lines {
			out.WriteString(line + "\n")
		}
		if !strings.Contains(out.String(), "file too large") {
			t.Errorf("%s:\n%s", args, &out)
		}
		for name, want := range files {
			if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != want {
				t.Errorf("%s: %s has %d bytes, %v", args, name, len(text), err)
			}
		}
		_ = filepath.WalkDir(dir, func(name string, e os.DirEntry, _ error) error {
			if rel, _ := filepath.Rel(dir, name); !e.IsDir() && files[filepath.ToSlash(rel)] == "" {
				t.Errorf("%s leaves %s", args, rel)
			}
			return nil
		})
	}
}
