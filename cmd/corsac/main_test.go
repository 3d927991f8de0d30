package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain runs the program itself if a test has started this binary for that.
func TestMain(m *testing.M) {
	if os.Getenv("CORSAC_TEST_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is a running corsac.
type program struct {
	*exec.Cmd

	lines  chan string // of both outputs
	output io.Closer
}

// end waits until the program has ended, and returns why if that is a failure.
func (p *program) end() error {
	defer p.output.Close()
	return p.Wait()
}

// start starts corsac. The words may begin with another program that runs it.
func start(t *testing.T, before []string, args ...string) *program {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the test sends signals")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	words := append(append(before, self), args...)
	r, w := io.Pipe()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // so that the program does not inherit that it is ignored, as under nohup
	defer signal.Stop(hangups)
	p := &program{exec.CommandContext(t.Context(), words[0], words[1:]...), make(chan string, 1000), w}
	p.Env = append(os.Environ(), "CORSAC_TEST_PROGRAM=1")
	p.Stdout, p.Stderr = w, w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		s := bufio.NewScanner(r)
		for s.Buffer(nil, 8<<20); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	return p
}

// await returns what a line contains, as the first submatch.
func (p *program) await(t *testing.T, re string) string {
	t.Helper()
	for timeout := time.After(30 * time.Second); ; {
		select {
		case line := <-p.lines:
			if m := regexp.MustCompile(re).FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
		case <-timeout:
			t.Fatalf("no line matches %s", re)
		}
	}
}

// slow is an upstream whose response begins at once and ends when it is
// released.
func slow(t *testing.T) (url string, arrived <-chan struct{}, release func()) {
	t.Helper()
	in, out := make(chan struct{}, 1), make(chan struct{})
	release = sync.OnceFunc(func() { close(out) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begun, ")
		_ = http.NewResponseController(w).Flush()
		in <- struct{}{}
		<-out
		_, _ = io.WriteString(w, "finished")
	}))
	t.Cleanup(s.Close)
	t.Cleanup(release)
	return s.URL, in, release
}

// body returns what a page gets, or the error.
func body(ctx context.Context, url string) <-chan string {
	got := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			got <- err.Error()
			return
		}
		res, err := new(http.Transport).RoundTrip(r)
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- string(text)
	}()
	return got
}

// TestSignals checks that the first signal lets requests in flight finish, and
// that a second one does not.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		first syscall.Signal
		says  string
	}{
		{syscall.SIGHUP, `"msg":"SIGHUP: draining and stopping, since [^"]*"`},
		{syscall.SIGTERM, `"msg":"stopping"`},
		{syscall.SIGINT, `"msg":"stopping"`},
	} {
		for _, twice := range []bool{false, true} {
			upstream, arrived, release := slow(t)
			p := start(t, nil, "serve", "--upstream", upstream, "--allow-origin", "*", "--listen", "127.0.0.1:0", "--log-format", "json")
			got := body(t.Context(), "http://"+p.await(t, `"address":"([^"]+)"`))
			<-arrived
			_ = p.Process.Signal(c.first)
			p.await(t, c.says)
			if twice {
				_ = p.Process.Signal(c.first)
				if err := p.end(); err == nil || !strings.Contains(err.Error(), "signal: ") {
					t.Errorf("%v twice: %v", c.first, err)
				}
				if text := <-got; strings.Contains(text, "finished") {
					t.Errorf("%v twice: %q", c.first, text)
				}
				continue
			}
			release()
			if text := <-got; text != "begun, finished" {
				t.Errorf("%v: %q", c.first, text)
			}
			if err := p.end(); err != nil {
				t.Errorf("%v: %v", c.first, err)
			}
		}
	}
}

// TestHangupReloads checks that SIGHUP has the file read again, without an end to the
// requests in flight, and that it does not kill a program that is stopping.
func TestHangupReloads(t *testing.T) {
	upstream, arrived, release := slow(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	text := "policies: {app: {allow_origins: [\"*\"]}}\ngateway: {listen: \"127.0.0.1:0\", routes: [{path: /, policy: app, upstream: \"" + upstream + "\"}]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, "serve", "-c", file, "--log-format", "json", "--log-level", "debug")
	got := body(t.Context(), "http://"+p.await(t, `"address":"([^"]+)"`))
	<-arrived
	_ = p.Process.Signal(syscall.SIGHUP)
	p.await(t, `"msg":"the file is unchanged"`)
	_ = p.Process.Signal(syscall.SIGTERM)
	p.await(t, `"msg":"stopping"`)
	_ = p.Process.Signal(syscall.SIGHUP)
	release()
	if text := <-got; text != "begun, finished" {
		t.Errorf("%q", text)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// TestHangupOfDemo checks that the demo says why it stops.
func TestHangupOfDemo(t *testing.T) {
	p := start(t, nil, "demo", "--json", "--page-port", "0", "--api-port", "0", "--gateway-port", "0")
	p.await(t, `"page":`)
	_ = p.Process.Signal(syscall.SIGHUP)
	p.await(t, `msg="SIGHUP: finishing the requests in flight and stopping"`)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// TestNohup checks that SIGHUP stays ignored if it was ignored at the start.
func TestNohup(t *testing.T) {
	nohup, err := exec.LookPath("nohup")
	if err != nil {
		t.Skip(err)
	}
	upstream, _, release := slow(t)
	release()
	p := start(t, []string{nohup}, "serve", "--upstream", upstream, "--allow-origin", "*", "--listen", "127.0.0.1:0")
	url := p.await(t, `listens on (http://[0-9.:]+)`)
	_ = p.Process.Signal(syscall.SIGHUP)
	if text := <-body(t.Context(), url); text != "begun, finished" {
		t.Errorf("%q", text)
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	p.await(t, "msg=stopping")
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// TestLogIsJSON checks every line of a gateway with an upstream that breaks
// rules and clients that are refused. One origin is the subject of few lines.
func TestLogIsJSON(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		switch r.URL.Path {
		case "/malformed":
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nX\x1b[2J"+strings.Repeat("x", 100<<10)+"\r\n\r\n")
		case "/short":
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
		default:
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			time.Sleep(50 * time.Millisecond) // until the connection is idle
			_, _ = io.WriteString(conn, "HTTP/1.1 200 \x1b]0;unsolicited\x07\r\n\r\n")
		}
	}))
	defer upstream.Close()
	p := start(t, nil, "serve", "--upstream", upstream.URL, "--allow-origin", "https://app.example.com", "--listen", "127.0.0.1:0", "--log-format", "json")
	url := "http://" + p.await(t, `"address":"([^"]+)"`)
	for _, path := range []string{"/malformed", "/short", "/"} {
		<-body(t.Context(), url+path)
	}
	time.Sleep(100 * time.Millisecond) // until what nobody asked for has arrived, of which nothing is said
	const refusals = 300
	for range refusals {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://"+strings.Repeat("x", 2000)+".example")
		r.Header.Set("Access-Control-Request-Method", "PUT")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	if err := p.end(); err != nil {
		t.Error(err)
	}
	checkLog(t, p, refusals)
}

func checkLog(t *testing.T, p *program, refusals int) {
	t.Helper()
	want := []string{
		"a line of the header has no colon", "unexpected EOF", `"msg":"preflight refused"`, `"msg":"similar lines left out"`, "more bytes)",
	}
	seen, refused := map[string]bool{}, 0
	for line := range p.lines {
		t.Logf("%.300s", line)
		if !json.Valid([]byte(line)) || len(line) > 5000 || strings.ContainsRune(line, '\x1b') {
			t.Errorf("not one line of JSON, or too long: %.300q", line)
		}
		for _, part := range want {
			seen[part] = seen[part] || strings.Contains(line, part)
		}
		if strings.Contains(line, `"msg":"preflight refused"`) {
			refused++
		}
	}
	for _, part := range want {
		if !seen[part] {
			t.Errorf("no line has %s", part)
		}
	}
	if refused > 20 {
		t.Errorf("%d of %d refusals have lines", refused, refusals)
	}
}
