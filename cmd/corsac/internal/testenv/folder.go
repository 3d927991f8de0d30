package testenv

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// StartFolder starts run.sh of a folder that corsac generate --runnable writes,
// and returns once it listens on an address. What npm would install is taken from
// [Modules], and the modules of Go are those of bench.
func StartFolder(t testing.TB, dir, address string) {
	t.Helper()
	if isFile(filepath.Join(dir, "package.json")) {
		giveModules(t, dir)
	}
	if isFile(filepath.Join(dir, "go.mod")) {
		benchModule(t, dir)
	}
	env := []string{"PYTHONDONTWRITEBYTECODE=1", "GOWORK=off", "GOFLAGS=-mod=mod", "NEXT_TELEMETRY_DISABLED=1"}
	(&Server{Command: []string{"/bin/sh", "run.sh"}, Dir: dir, Address: address, Env: env}).Start(t)
}

// giveModules gives a folder the packages of npm. Next.js reads nothing outside
// of its folder: it gets the files themselves.
func giveModules(t testing.TB, dir string) {
	t.Helper()
	to := filepath.Join(dir, "node_modules")
	err := error(nil)
	if !isFile(filepath.Join(dir, "next.config.mjs")) {
		err = os.Symlink(Modules(t), to)
	} else if exec.Command("cp", "-al", Modules(t), to).Run() != nil { //nolint:gosec,noctx // folders of tests; it ends soon
		err = exec.Command("cp", "-a", Modules(t), to).Run() //nolint:gosec,noctx // as above
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Modules returns the folder into which "make live" puts the packages of npm.
// Without them, the test is skipped; with CORSAC_LIVE=1, it fails.
func Modules(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(root(t), "cmd", "corsac", "internal", "stacks", "testdata", "npm", "node_modules")
	if !isFile(dir) {
		const missing = "the packages of npm are not installed: make live"
		if os.Getenv("CORSAC_LIVE") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return dir
}

// benchModule writes go.mod and go.sum of bench, which requires the frameworks,
// into a folder. corsac is this clone in it.
func benchModule(t testing.TB, dir string) {
	t.Helper()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root(t), "bench", name))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.Replace(string(text), "github.com/corsac-dev/corsac => ..", "github.com/corsac-dev/corsac => "+root(t), 1))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// root returns the folder of the clone, above that of the test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for !isFile(filepath.Join(dir, "bench", "go.mod")) {
		if filepath.Dir(dir) == dir {
			t.Fatal("bench/go.mod is not above the test")
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
