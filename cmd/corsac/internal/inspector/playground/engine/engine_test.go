package engine_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
)

const script = "(() => { globalThis.Go = class {}; })();"

// folder returns a folder with files, which are names and texts by turns.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLoad loads an engine, and refuses what is not one.
func TestLoad(t *testing.T) {
	const wasm = "\x00asm\x01\x00\x00\x00"
	e, err := engine.Load(folder(t, engine.WasmFile, wasm, engine.ExecFile, script))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(e.Packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != wasm || string(e.Exec) != script {
		t.Errorf("%q and %q, %v", got, e.Exec, err)
	}
	for _, c := range []struct {
		why   string
		files []string
	}{
		{"no such file", nil},
		{"no such file", []string{engine.WasmFile, wasm}},
		{"no such file", []string{engine.ExecFile, script}},
		{"corsac.wasm is not a WebAssembly module", []string{engine.WasmFile, "MZ", engine.ExecFile, script}},
		{"wasm_exec.js is not the wasm_exec.js of Go", []string{engine.WasmFile, wasm, engine.ExecFile, ""}},
	} {
		if _, err := engine.Load(folder(t, c.files...)); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%q: %v, want %q", c.files, err, c.why)
		}
	}
	dir := folder(t, engine.ExecFile, script)
	if err := os.Mkdir(filepath.Join(dir, engine.WasmFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

// TestSave checks that what a build saves is what the program reads.
func TestSave(t *testing.T) {
	dir, want := folder(t), engine.Engine{Packed: []byte("packed"), Exec: []byte("exec")}
	if _, err := engine.Read(os.DirFS(dir), "."); !errors.Is(err, engine.ErrAbsent) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := engine.Read(os.DirFS(dir), ".")
	if err != nil || string(got.Packed) != "packed" || string(got.Exec) != "exec" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestBuiltIn checks the engine of the program, if this one was built with one.
func TestBuiltIn(t *testing.T) {
	e, err := engine.BuiltIn()
	if errors.Is(err, engine.ErrAbsent) {
		if os.Getenv("CORSAC_ENGINE") != "" {
			t.Error("CORSAC_ENGINE is set, but the program has no engine; run make playground")
		}
		return
	}
	if err != nil || !bytes.HasPrefix(e.Packed, []byte("\x1f\x8b")) || len(e.Packed) > 2_500_000 || !bytes.Contains(e.Exec, []byte("globalThis.Go")) {
		t.Errorf("%d and %d bytes, %v", len(e.Packed), len(e.Exec), err)
	}
}
