package child

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestCommandError checks what is wrong with commands that do not start, and what
// helps.
func TestCommandError(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("node_modules/.bin/corsac-none", 0o700)
	write("run.sh", 0o600)
	write("broken", 0o700)
	for _, c := range []struct {
		args     []string
		why, fix string
	}{
		{nil, "there is no command", "corsac dev -- npm run dev"},
		{[]string{""}, "there is no command", "corsac dev -- npm run dev"},
		{[]string{"corsac-nowhere"}, `there is no command "corsac-nowhere"`, "install it"},
		{[]string{"corsac-none", "--port", "1"}, `there is no command "corsac-none"`, "npx"},
		{[]string{"npm run dev"}, `there is no command "npm run dev"`, "without quotes around it: corsac dev -- npm run dev"},
		{[]string{"cd web && npm run dev"}, "there is no command", "sh -c"},
		{[]string{"./run.sh"}, "./run.sh", "executable"},
	} {
		if runtime.GOOS == "windows" && c.args != nil && c.args[0] == "./run.sh" {
			continue // there, the ending says what is executable
		}
		_, err := Start(t.Context(), c.args, Options{Dir: dir})
		var command *CommandError
		if !errors.As(err, &command) || !strings.Contains(command.Error(), c.why) || !strings.Contains(command.Fix, c.fix) {
			t.Errorf("%q: %+v", c.args, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, []string{"sh"}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
}

// TestBatchLine checks how arguments get through cmd.exe.
func TestBatchLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ``},
		{[]string{"run", "dev"}, ` "run" "dev"`},
		{[]string{""}, ` ""`},
		{[]string{"a b", "x&calc|y>z^"}, ` "a b" "x&calc|y>z^"`},
		{[]string{`" & calc & "`}, ` """ & calc & """`},
		{[]string{`\"`, `c:\x\`}, ` "\\""" "c:\x\\"`},
		{[]string{"%PATH%", "!x!"}, ` "%%cd:~,%PATH%%cd:~,%" "!x!"`},
	} {
		got, err := batchLine(`C:\Program Files\nodejs\npm.cmd`, c.args)
		want := `cmd.exe /d /e:ON /v:OFF /s /c ""C:\Program Files\nodejs\npm.cmd"` + c.want + `"`
		if err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", c.args, got, err, want)
		}
	}
	for _, args := range [][]string{{"a\nb"}, {"a\rb"}, {"a\x00b"}} {
		if line, err := batchLine("npm.cmd", args); !errors.As(err, new(*CommandError)) {
			t.Errorf("%q: %q, %v", args, line, err)
		}
	}
	if line, err := batchLine(`C:\100%\npm.cmd`, nil); err == nil {
		t.Errorf("a path with a percent sign: %s", line)
	}
	for path, want := range map[string]bool{`C:\npm.cmd`: true, `C:\npm.CMD`: true, "x.bat": true, "npm": false, "node.exe": false} {
		if isBatch(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}
