package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// startDemo runs corsac demo until the returned function is called, which acts
// as Ctrl-C and returns the exit status.
func startDemo(t *testing.T, args ...string) (out, err *testenv.Log, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, err = new(testenv.Log), new(testenv.Log)
	status := make(chan int, 1)
	go func() {
		status <- cli.Run(ctx, append([]string{"demo"}, args...),
			cli.IO{In: strings.NewReader(""), Out: out, Err: err, Getenv: noEnv})
	}()
	t.Cleanup(cancel)
	return out, err, func() int {
		t.Helper()
		cancel()
		select {
		case s := <-status:
			return s
		case <-time.After(10 * time.Second):
			t.Fatal("Ctrl-C does not end the demo")
			return -1
		}
	}
}

// TestDemo checks that the addresses are printed, and respond until Ctrl-C.
func TestDemo(t *testing.T) {
	// Another test may take the default port as soon as this one has ended.
	out, _, stop := startDemo(t, "--page-port", "0")
	out.Wait(t, `Press Ctrl-C to stop\.`)
	t.Logf("\n%s", out)
	urls := regexp.MustCompile(`(?m)^  (page|API|corsac) +(http://localhost:\d+)   `).FindAllStringSubmatch(out.String(), -1)
	if len(urls) != 3 {
		t.Fatalf("want three addresses:\n%s", out)
	}
	page := fetch(t, http.MethodGet, urls[0][2])
	body, err := io.ReadAll(page.Body)
	if err != nil || page.StatusCode != 200 {
		t.Errorf("page: %d, %v", page.StatusCode, err)
	}
	for _, command := range []string{"<span>validate</span>", "<span>serve</span>"} {
		if !strings.Contains(string(body), command) {
			t.Errorf("the page does not suggest %s", command)
		}
	}
	direct, through := fetch(t, http.MethodGet, urls[1][2]+"/broken", "Origin: "+urls[0][2]), fetch(t, http.MethodGet, urls[2][2]+"/broken", "Origin: "+urls[0][2])
	if direct.StatusCode != 500 || direct.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("API: %d %v", direct.StatusCode, direct.Header)
	}
	if through.StatusCode != 500 || through.Header.Get("Access-Control-Allow-Origin") != urls[0][2] {
		t.Errorf("corsac: %d %v", through.StatusCode, through.Header)
	}
	if status := stop(); status != cli.ExitOK {
		t.Errorf("exit status %d after Ctrl-C", status)
	}
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(urls[0][2], "http://")); err == nil {
		t.Error("the page is still served after Ctrl-C")
	}
}

func TestDemoJSON(t *testing.T) {
	out, _, stop := startDemo(t, "--json", "--host", "127.0.0.1", "--page-port", "0")
	out.Wait(t, `\n`)
	var got map[string]string
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"page", "api", "gateway"} {
		if !strings.HasPrefix(got[name], "http://127.0.0.1:") {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if got["page"] == "http://127.0.0.1:3000" {
		t.Error("--page-port 0 chose the default port, not a free one")
	}
	if status := stop(); status != cli.ExitOK || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("exit status %d, output %q", status, out)
	}
}

// TestDemoOpen checks that without a browser there is a note, and the demo
// continues.
func TestDemoOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the test replaces xdg-open")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, errs, stop := startDemo(t, "--open")
	errs.Wait(t, `note: cannot open a browser \(.*\); open http://localhost:\d+ yourself`)
	if status := stop(); status != cli.ExitOK {
		t.Errorf("exit status %d", status)
	}

	opened := filepath.Join(dir, "opened")
	script := "#!/bin/sh\necho noise\necho \"$1\" >" + opened + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	out, errs, stop := startDemo(t, "--open")
	page := out.Wait(t, `page +(\S+)`)[1]
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if got, err := os.ReadFile(opened); err == nil && strings.TrimSpace(string(got)) == page {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the page is not opened")
		}
	}
	if status := stop(); status != cli.ExitOK || errs.String() != "" || strings.Contains(out.String(), "noise") {
		t.Errorf("exit status %d, %s%s", status, out, errs)
	}
}

func TestDemoMistakes(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--host", "0.0.0.0"}, `--host "0.0.0.0": the demo is for this machine only; write localhost`},
		{[]string{"--page-port", "70000"}, "page-port"},
		{[]string{"now"}, "now"},
	} {
		status, _, stderr := run(t, "", append([]string{"demo"}, test.args...)...)
		if status != cli.ExitUsage || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: exit status %d, %s, want %s", test.args, status, stderr, test.want)
		}
	}
}
