package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector/playground/engine"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// someEngine returns a folder that looks as if it had an engine.
func someEngine(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{engine.WasmFile: "\x00asm", engine.ExecFile: "globalThis.Go = class {};"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPlaygroundWrite checks what is written, and which folders are left alone.
func TestPlaygroundWrite(t *testing.T) {
	from, dir := someEngine(t), t.TempDir()
	out := filepath.Join(dir, "public", "cors")
	for range 2 {
		status, stdout, stderr := run(t, "", "playground", "-o", out, "--engine", from)
		if status != cli.ExitOK || !strings.Contains(stdout, "Open "+filepath.Join(out, "index.html")+" in your browser") {
			t.Fatalf("status %d\n%s%s", status, stdout, stderr)
		}
	}
	for _, name := range []string{"index.html", "engine.js", "playground.js", "playground.css", "inspector.css", "wasm_exec.js"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	status, _, stderr := run(t, "", "playground", "-o", dir, "--engine", from)
	if status != cli.ExitBroken || !strings.Contains(stderr, "not an earlier playground") || !strings.Contains(stderr, "--force") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if status, _, stderr = run(t, "", "playground", "-o", dir, "--engine", from, "--force"); status != cli.ExitOK {
		t.Errorf("status %d\n%s", status, stderr)
	}
	file := filepath.Join(out, "index.html")
	if status, _, stderr = run(t, "", "playground", "-o", file, "--engine", from); status != cli.ExitBroken || !strings.Contains(stderr, file) {
		t.Errorf("into a file: status %d\n%s", status, stderr)
	}
}

// TestPlaygroundServe checks that it runs until it is stopped, on another port if the
// usual one is in use.
func TestPlaygroundServe(t *testing.T) {
	from := someEngine(t)
	for _, args := range [][]string{{}, {}, {"--listen", "127.0.0.1:0"}, {"--listen", ":0"}} {
		ctx, stop := context.WithCancel(t.Context())
		out, errs, status := new(testenv.Log), new(testenv.Log), make(chan int, 1)
		go func() {
			status <- cli.Run(ctx, append([]string{"playground", "--engine", from}, args...), cli.IO{In: strings.NewReader(""), Out: out, Err: errs, Getenv: noEnv})
		}()
		url := out.Wait(t, `corsac playground  (http://(?:localhost|127\.0\.0\.1):[0-9]+/)`)[1]
		if res := fetch(t, "GET", url); res.StatusCode != 200 {
			t.Errorf("%s: %d", url, res.StatusCode)
		}
		defer func() { // the next one finds this one's port in use
			stop()
			if got := <-status; got != cli.ExitOK {
				t.Errorf("%q: status %d\n%s", args, got, errs)
			}
		}()
	}
}

// TestPlaygroundEngine checks what is done without --engine.
func TestPlaygroundEngine(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	status, _, stderr := run(t, "", "playground", "-o", out)
	if _, err := engine.BuiltIn(); !errors.Is(err, engine.ErrAbsent) {
		if status != cli.ExitOK {
			t.Errorf("status %d\n%s", status, stderr)
		}
		return
	}
	want := "corsac: this corsac was built without the playground's engine\n  go install and go build leave it out: take a release, build corsac with \"make build\", or name an engine, which \"make wasm\" builds, with --engine bin\n"
	if status != cli.ExitBroken || stderr != want {
		t.Errorf("status %d\n%s, want\n%s", status, stderr, want)
	}
}
