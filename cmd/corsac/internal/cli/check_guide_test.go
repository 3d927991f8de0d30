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
)

// TestCheckInGuide holds that what the guide shows of corsac check is what it prints,
// with the demo on its usual ports.
func TestCheckInGuide(t *testing.T) {
	out, _, stop := startDemo(t, "--json", "--page-port", "0", "--api-port", "0", "--gateway-port", "0")
	defer stop()
	out.wait(t, "}\n")
	var at struct{ API, Gateway, Page string }
	if err := json.Unmarshal([]byte(out.String()), &at); err != nil {
		t.Fatal(err)
	}
	closed := "http://localhost:" + freePort(t)
	usual := map[string]string{"http://localhost:9000": at.API, "http://localhost:8080": at.Gateway, "http://localhost:1234": closed}
	var there, back []string
	for documented, real := range usual {
		there = append(there, documented, real)
		back = append(back, real, documented)
		for _, host := range []string{"127.0.0.1", "::1"} {
			back = append(back, net.JoinHostPort(host, port(real)), net.JoinHostPort("127.0.0.1", port(documented)))
		}
	}
	toReal, toGuide := strings.NewReplacer(there...), strings.NewReplacer(back...)

	const fence, prompt = "```console\n", "$ corsac "
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", "check.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(data), fence)
	for i, block := range blocks[1:] {
		command, rest, _ := strings.Cut(block, "\n")
		_, after, ok := strings.Cut("\n"+rest, "\n```\n")
		if !ok || !strings.HasPrefix(command, prompt) {
			t.Fatalf("a block that is no call of corsac: %q", command)
		}
		args := toReal.Replace(strings.TrimPrefix(command, prompt))
		if strings.Contains(args, at.Gateway) { // whose policy names the page
			args = strings.ReplaceAll(args, "http://localhost:3000", at.Page)
		}
		var got bytes.Buffer
		status := cli.Run(t.Context(), splitWords(args), cli.IO{In: strings.NewReader(""), Out: &got, Err: &got, Getenv: noEnv})
		if status > cli.ExitFailed {
			t.Fatalf("%s: exit status %d: %s", command, status, got.String())
		}
		text := milliseconds.ReplaceAllString(toGuide.Replace(strings.ReplaceAll(got.String(), at.Page, "http://localhost:3000")), ", 1 ms)")
		blocks[i+1] = command + "\n" + text + "```\n" + after
	}
	if len(blocks) < 6 {
		t.Fatalf("the guide shows corsac %d times", len(blocks)-1)
	}
	want := strings.Join(blocks, fence)
	switch {
	case want == string(data):
	case !*update:
		t.Errorf("the guide does not show what corsac check prints: run make golden")
	default:
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var word = regexp.MustCompile(`'([^']*)'|(\S+)`)

// splitWords splits a command line at blanks outside of single quotes.
func splitWords(s string) (words []string) {
	for _, m := range word.FindAllStringSubmatch(s, -1) {
		words = append(words, m[1]+m[2])
	}
	return words
}
