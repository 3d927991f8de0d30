package shell

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestWord checks that a shell reads a quoted word as the original.
func TestWord(t *testing.T) {
	testenv.Program(t, "a shell of POSIX", "sh")
	for _, word := range []string{
		"", "plain", "it's", `a "b" $c ` + "`d`" + ` \e`, "tab\tand\nline", "\x01'\\\x7f", "bytes \xe9\xff", "é", "-n", "%s", "\x1b[31m%d",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-ec", "printf %s "+Word(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is quoted as %s and read as %q, %v", word, Word(word), out, err)
		}
	}
}

// TestWindowsWord has words for PowerShell and cmd.exe.
func TestWindowsWord(t *testing.T) {
	number := func(code string) string { return "$([char]::ConvertFromUtf32(0x" + code + "))" }
	for word, want := range map[string]string{
		"":                               `""`,
		"plain":                          "plain",
		"--allow-origin":                 "--allow-origin",
		"http://localhost:3000":          "http://localhost:3000",
		`C:\projects\shop`:               `C:\projects\shop`,
		"Content-Type: application/json": `"Content-Type: application/json"`,
		"it's":                           `"it's"`,
		"https://*.example.org":          `"https://*.example.org"`,
		"a,b":                            `"a,b"`,
		"a=b":                            `"a=b"`,
		"@file":                          `"@file"`,
		"-a.b":                           `"-a.b"`,
		"a&b|c;d<e>^f":                   `"a&b|c;d<e>^f"`,
		"https://x.example/?q=%20":       `"https://x.example/?q=%20"`,
		"$home & calc":                   "\"`$home & calc\"",
		"`whoami`":                       "\"``whoami``\"",
		`x" & calc`:                      `"x` + number("22") + ` & calc"`,
		"x\u201d; calc":                  `"x` + number("201d") + `; calc"`,
		"x\u2019; calc":                  "\"x\u2019; calc\"",
		"x\ncalc":                        `"x` + number("a") + `calc"`,
		`C:\my dir\`:                     `"C:\my dir` + number("5c") + `"`,
		"a\u200bb":                       `"a` + number("200b") + `b"`,
		"\x1b[31m":                       `"` + number("1b") + `[31m"`,
		"\xff":                           "\"\ufffd\"",
	} {
		if got := WindowsWord(word); got != want {
			t.Errorf("%q is quoted as %s, want %s", word, got, want)
		}
	}
}

func TestCommand(t *testing.T) {
	posix, windows := Reader{Program: []string{"go", "run", "./cmd/corsac"}}, Reader{Program: []string{`C:\my dir\corsac.exe`}, Windows: true}
	words := []string{"corsac", "check", "-H", "X-A: it's $1"}
	if got, want := posix.command(words), `go run ./cmd/corsac check -H 'X-A: it'\''s $1'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := windows.command(words), "\"C:\\my dir\\corsac.exe\" check -H \"X-A: it's `$1\""; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := posix.command([]string{"chmod", "600", "corsac"}), "chmod 600 corsac"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := windows.lines("go get x && go mod tidy"); len(got) != 2 || got[1] != "go mod tidy" {
		t.Errorf("%q", got)
	}
	if got := posix.lines("go get x && go mod tidy"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// TestReader has the ways to start corsac.
func TestReader(t *testing.T) {
	cache := "/cache/go-build/ae/" + strings.Repeat("0123456789abcdef", 4) + "-d/corsac"
	for _, c := range []struct {
		name, system, executable, typed, version string
		env, file, found                         string
		want                                     string
		windows                                  bool
	}{
		{"installed", "linux", "/usr/bin/corsac", "corsac", "v1.2.3", "", "", "/usr/bin/corsac", "corsac", false},
		{"installed, and typed with its path", "linux", "/usr/bin/corsac", "/usr/bin/corsac", "v1.2.3", "", "", "/usr/bin/corsac", "corsac", false},
		{"built", "linux", "/src/bin/corsac", "bin/corsac", "(devel)", "", "cmd/corsac/internal/cli/cli.go", "", "bin/corsac", false},
		{"go run", "linux", "/tmp/go-build600242880/b001/exe/corsac", "/tmp/go-build600242880/b001/exe/corsac", "(devel)", "", "cmd/corsac/internal/cli/cli.go", "", "go run ./cmd/corsac", false},
		{"go run in its folder, again", "linux", cache, cache, "(devel)", "", "internal/cli/cli.go", "", "go run .", false},
		{"go run of a version", "linux", cache, cache, "v1.2.3", "", "", "", "go run github.com/corsac-dev/corsac/cmd/corsac@v1.2.3", false},
		{"go run -C", "linux", cache, cache, "(devel)", "", "", "", "corsac", false},
		{"npx", "darwin", "/p/node_modules/@corsac-dev/darwin-x64/bin/corsac", "/p/node_modules/@corsac-dev/darwin-x64/bin/corsac", "v1.2.3", "npm_command=exec", "", "/p/node_modules/.bin/corsac", "npx corsac", false},
		{"PowerShell", "windows", `C:\bin\corsac.exe`, "corsac", "v1.2.3", "", "", `C:\bin\corsac.exe`, "corsac", true},
		{"go run in PowerShell", "windows", `C:\Temp\go-build12\b001\exe\corsac.exe`, `C:\Temp\go-build12\b001\exe\corsac.exe`, "(devel)", "", "cmd/corsac/internal/cli/cli.go", "", "go run ./cmd/corsac", true},
		{"the shell of Git", "windows", `C:\bin\corsac.exe`, "corsac", "v1.2.3", "MSYSTEM=MINGW64", "", `C:\bin\corsac.exe`, "corsac", false},
	} {
		got := Process{
			System: c.system, Executable: c.executable, Typed: c.typed, Version: c.version,
			Getenv: func(name string) string {
				if value, ok := strings.CutPrefix(c.env, name+"="); ok {
					return value
				}
				return ""
			},
			IsFile: func(name string) bool { return name == c.file },
			Find:   func(string) string { return c.found },
		}.Reader()
		if strings.Join(got.Program, " ") != c.want || got.Windows != c.windows {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}
