// Package enginetest has the engine for JavaScript for tests. It is only for tests:
// no program imports it.
package enginetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

// Dir returns a folder with the engine, as "make wasm" writes it. It is the one that
// CORSAC_ENGINE names, so that a run of all tests builds it once, or it is built now.
// root is the folder of the repository.
func Dir(t testing.TB, root string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	if dir := os.Getenv("CORSAC_ENGINE"); dir != "" {
		return dir
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, engine.WasmFile), "./cmd/corsac-wasm")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	goRoot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goRoot)), "lib", "wasm", engine.ExecFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, engine.ExecFile), script, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Get returns the engine of [Dir].
func Get(t testing.TB, root string) engine.Engine {
	t.Helper()
	e, err := engine.Load(Dir(t, root))
	if err != nil {
		t.Fatal(err)
	}
	return e
}
