package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestDevReload checks that changes of the file apply while dev runs, that mistakes in
// it change nothing, and that the page's server stays where its command said.
func TestDevReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil { // as editors do
			t.Fatal(err)
		}
	}
	write("dev: {routes: [{path: /a, mock: {status: 201}}]}\n")
	ctx, stop := context.WithCancel(t.Context())
	errs, status := new(testenv.Log), make(chan int, 1)
	go func() {
		status <- cli.Run(ctx, []string{"dev", "-c", file, "--listen", "127.0.0.1:0", "--log-format", "json", "--", "page", "stay"},
			cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: errs, Getenv: noEnv})
	}()
	url := errs.Wait(t, `"msg":"listening","address":"([^"]+)"`)[1]
	answers := func(path string, want int) {
		t.Helper()
		got := 0
		for deadline := time.Now().Add(10 * time.Second); got != want && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			got = fetch(t, "GET", url+path).StatusCode
		}
		if got != want {
			t.Errorf("%s: status %d, want %d\n%s", path, got, want, errs)
		}
	}
	answers("/a", 201)
	answers("/", 200)
	write("dev: {routes: [{path: /a, mock: {status: 202}}]}\n")
	answers("/a", 202)
	answers("/", 200)
	write("dev: {routes: [{path: /a, mock: {status: 42}}]}\n")
	errs.Wait(t, `"reason":"[^"]*corsac.yaml:1:33: dev.routes\[0\].mock: 42 is not a status of a response`)
	answers("/a", 202)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	write("dev: {routes: [{path: /a, mode: add, mock: {status: 203}}]}\n")
	answers("/a", 203)
	stop()
	if got := <-status; got == cli.ExitBroken { // it is that of the command
		t.Errorf("status %d\n%s", got, errs)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(errs.String()), "\n") {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("not JSON: %s", line)
		}
	}
}
