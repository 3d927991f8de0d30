package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestPipes checks that nothing waits for a pipe that somebody has put into a
// project in the place of a file.
func TestPipes(t *testing.T) {
	mkfifo := testenv.Program(t, "coreutils", "mkfifo")
	for _, name := range []string{"corsac.yaml", "nginx.conf", "package.json", ".gitignore", "app.js"} {
		dir := t.TempDir()
		for file, text := range map[string]string{"package.json": `{"dependencies":{"express":"1"}}`, "app.js": "const app = require('express')();\n"} {
			if file == name {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := exec.CommandContext(t.Context(), mkfifo, filepath.Join(dir, name)).Run(); err != nil {
			t.Fatal(err)
		}
		config := filepath.Join(dir, "corsac.yaml")
		for _, args := range [][]string{
			{"fix", dir}, {"fix", dir, "--allow-origin", "http://localhost:3000"}, {"lint", dir}, {"lint", filepath.Join(dir, name)}, {"import", dir},
			{"generate", "nginx", "-c", config}, {"validate", "-c", config}, {"serve", "-c", config},
		} {
			done := make(chan struct{})
			go func() {
				defer close(done)
				run(t, "", args...)
			}()
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s is a pipe: %q waits for it", name, args)
			}
		}
	}
}
