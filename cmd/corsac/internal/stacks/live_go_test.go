package stacks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// startGo builds and runs a program with the modules of bench.
func startGo(t *testing.T, l live, program string) string {
	goTool := testenv.Program(t, "https://go.dev/doc/install", "go")
	dir := t.TempDir()
	testenv.BenchModule(t, dir)
	address := testenv.FreeAddress(t)
	if Lookup(l.stack).Server == nil {
		program = strings.Replace(goServer(l, program), ":8080", address, 1)
	}
	program = strings.Replace(program, "127.0.0.1:PORT", address, 1)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), goTool, "build", "-o", "server.exe", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, program)
	}
	return run(t, dir, address, filepath.Join(dir, "server.exe"))
}

// goServer returns a program of testdata/live with a snippet in it, after what
// the program begins with.
func goServer(l live, program string) string {
	begin, snippet, _ := strings.Cut(program, "import (")
	imports, rest, _ := strings.Cut(snippet, "\n)\n")
	for _, path := range l.modules {
		if line := fmt.Sprintf("\n\t%q", path); !strings.Contains(imports, line) {
			imports += line
		}
	}
	return goProgram("import ("+imports+"\n)\n"+rest, begin)
}
