package shell

import (
	"os/exec"
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

func TestCommandOn(t *testing.T) {
	words := []string{"corsac", "check", "-H", "X-A: it's $1"}
	if got, want := commandOn("linux", words), `corsac check -H 'X-A: it'\''s $1'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := commandOn("windows", words), "corsac check -H \"X-A: it's `$1\""; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := linesOn("windows", "go get x && go mod tidy"); len(got) != 2 || got[1] != "go mod tidy" {
		t.Errorf("%q", got)
	}
	if got := linesOn("linux", "go get x && go mod tidy"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}
