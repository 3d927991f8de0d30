package cli_test

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestCheckInGuide checks that corsac check prints what the guide shows, with
// the demo on its default ports.
func TestCheckInGuide(t *testing.T) {
	out, _, stop := startDemo(t, "--json", "--page-port", "0", "--api-port", "0", "--gateway-port", "0")
	defer stop()
	out.Wait(t, "}\n")
	var at struct{ API, Gateway, Page string }
	if err := json.Unmarshal([]byte(out.String()), &at); err != nil {
		t.Fatal(err)
	}
	closed := "http://localhost:" + testenv.FreePort(t)
	usual := map[string]string{"http://localhost:9000": at.API, "http://localhost:8080": at.Gateway, "http://localhost:1234": closed}
	var there, back []string
	for documented, real := range usual {
		there = append(there, documented, real)
		back = append(back, real, documented)
		for _, host := range []string{"127.0.0.1", "::1"} {
			back = append(back, net.JoinHostPort(host, port(real)), net.JoinHostPort("127.0.0.1", port(documented)))
		}
	}
	toReal := strings.NewReplacer(there...)
	files := guideFiles(t, "check.md", toReal)
	for i := 0; i < len(files); i += 2 {
		back = append(back, files[i+1], files[i])
	}
	toGuide := strings.NewReplacer(back...)
	saved, err := filepath.Abs(filepath.Join("testdata", "check", "saved.har"))
	if err != nil {
		t.Fatal(err)
	}
	toFile := strings.NewReplacer(append(files, "saved.har", saved)...)
	holdGuide(t, "check.md", 8, func(t *testing.T, command string) string {
		t.Helper()
		args := toReal.Replace(toFile.Replace(command))
		if strings.Contains(args, at.Gateway) { // its policy names the page
			args = strings.ReplaceAll(args, "http://localhost:3000", at.Page)
		}
		var got bytes.Buffer
		status := cli.Run(t.Context(), splitWords(args), cli.IO{In: strings.NewReader(""), Out: &got, Err: &got, Getenv: noEnv})
		if status > cli.ExitFailed {
			t.Fatalf("%s: exit status %d: %s", command, status, got.String())
		}
		text := toGuide.Replace(strings.ReplaceAll(got.String(), at.Page, "http://localhost:3000"))
		return probeToken.ReplaceAllString(milliseconds.ReplaceAllString(text, ", 1 ms)"), "corsac-0123456789ab")
	})
}

var word = regexp.MustCompile(`'([^']*)'|(\S+)`)

// splitWords splits a command line at blanks outside single quotes.
func splitWords(s string) (words []string) {
	for _, m := range word.FindAllStringSubmatch(s, -1) {
		words = append(words, m[1]+m[2])
	}
	return words
}

// TestCheckInReadme checks that the README shows what the guide does, which
// TestCheckInGuide runs: the same lines in the same order, with … for what is left out.
func TestCheckInReadme(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	read := func(name, from, to string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(text), from)
		shown, _, closed := strings.Cut(rest, to)
		if !found || !closed {
			t.Fatalf("%s has no %q", name, from)
		}
		return shown
	}
	guide := read(filepath.Join("docs", "guide", "check.md"), "```console\n", "\n```\n")
	lines := strings.Split(read("README.md", "\n```\n✗", "\n```\n"), "\n")
	lines[0] = "✗" + lines[0]
	for _, line := range lines {
		if strings.TrimSpace(line) == "…" {
			continue
		}
		line = strings.TrimPrefix(line, "go run ./cmd/")
		_, rest, found := strings.Cut(guide, "\n"+line)
		if !found {
			t.Fatalf("the guide does not show, after what comes before it in the README: %q", line)
		}
		guide = rest
	}
}
