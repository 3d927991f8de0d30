package cli_test

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestCheckText checks what people read, word for word.
func TestCheckText(t *testing.T) {
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		switch r.URL.Path {
		case "/good":
			allow(w, "Access-Control-Allow-Methods", "PUT", "Access-Control-Allow-Headers", "content-type", "Vary", "Origin")
			w.Header().Set("X-Total", "1")
		case "/hostile":
			w.Header().Set("Access-Control-Allow-Origin", "\x1b[31mred\x1b[0m")
		case "/misdirected":
			allow(w)
			w.WriteHeader(http.StatusMisdirectedRequest)
		case "/moved":
			allow(w)
			http.Redirect(w, r, "/good", http.StatusFound)
		}
	})
	down := "http://127.0.0.1:" + testenv.FreePort(t)
	for _, c := range []struct {
		name   string
		status int
		args   []string
	}{
		{"blocked", 1, []string{"{api}/", "-X", "PUT", "-H", "Content-Type: application/json", "--data-raw", "{}"}},
		{"allowed", 1, []string{"{api}/good", "-X", "PUT", "-H", "Content-Type: application/json", "--data-raw", "{}", "--read-header", "X-Total"}},
		{"explain", 0, []string{"{api}/good", "--explain"}},
		{"opaque", 0, []string{"{api}/", "--mode", "no-cors"}},
		{"redirected", 0, []string{"{api}/moved"}},
		{"misdirected", 1, []string{"{api}/misdirected", "-X", "PUT"}},
		{"refused", 1, []string{"{down}/"}},
		{"hostile", 1, []string{"{api}/hostile"}},
		{"firefox", 1, []string{"{api}/", "--profile", "firefox"}},
		{"all", 1, []string{"{api}/", "--profile", "all"}},
		{"nothing-sent", 1, []string{"{api}/", "-X", "TRACE"}},
		{"dropped", 0, []string{"{api}/good", "-H", "Cookie: a=b"}},
		{"dry-run", 0, []string{"{api}/good", "-X", "PUT", "--dry-run"}},
		{"curl", 0, []string{"{api}/good", "-X", "PUT", "-H", "Content-Type: application/json", "--data-raw", `{"a":"it's"}`, "--curl"}},
		{"repeat", 0, []string{"{api}/good", "-X", "PUT", "--repeat", "2"}},
		{"usage-origin", 2, []string{"{api}/", "--origin", "http://localhost:3000/"}},
		{"usage-scheme", 2, []string{"localhost:9000/items"}},
		{"usage-body", 2, []string{"{api}/", "-d", "a", "--json-body", "{}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"check"}
			for _, a := range c.args {
				args = append(args, strings.NewReplacer("{api}", api, "{down}", down).Replace(a))
			}
			if !strings.Contains(strings.Join(args, " "), "--origin") {
				args = append(args, "--origin", testOrigin)
			}
			var out bytes.Buffer
			status := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }})
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			got := strings.NewReplacer(api, "{api}", down, "{down}", strings.TrimPrefix(api, "http://"), "{address}", strings.TrimPrefix(down, "http://"), "{address}").Replace(out.String())
			got = milliseconds.ReplaceAllString(got, ", N ms)")
			got = probeToken.ReplaceAllString(got, "corsac-{token}")
			golden(t, filepath.Join("testdata", "check", c.name+".txt"), got)
		})
	}
}

// Durations, in text and in JSON.
var (
	milliseconds  = regexp.MustCompile(`, \d+ ms\)`)
	probeToken    = regexp.MustCompile(`corsac-[0-9a-f]{12}`)
	milliseconds2 = regexp.MustCompile(`"milliseconds": [\d.]+`)
)

// quiet is a logger for servers whose clients fail on purpose.
var quiet = log.New(io.Discard, "", 0)

// golden compares text with a golden file, or writes the file with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
