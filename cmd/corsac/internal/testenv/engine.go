package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// EngineDir returns a folder with the engine for JavaScript, as "make wasm" writes
// it. It is the one that CORSAC_ENGINE names, so that a run of all tests builds it
// once, or it is built now. root is the folder of the repository.
func EngineDir(t testing.TB, root string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	if dir := os.Getenv("CORSAC_ENGINE"); dir != "" {
		return dir
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags=nethttpomithttp2", "-ldflags=-s -w", "-o", filepath.Join(dir, "corsac.wasm"), "./cmd/corsac-wasm") //nolint:gosec // our own program
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	goRoot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goRoot)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "wasm_exec.js"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
