package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// run runs corsac and returns its exit status and output.
func run(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err testenv.Log
	status = cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(stdin), Out: &out, Err: &err, Getenv: noEnv})
	return status, out.String(), err.String()
}

func noEnv(string) string { return "" }

// serve is a running corsac serve.
type serve struct {
	url    string
	err    *testenv.Log
	stop   func()
	status chan int
}

func startServe(t *testing.T, args ...string) *serve {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &serve{err: new(testenv.Log), stop: stop, status: make(chan int, 1)}
	go func() {
		s.status <- cli.Run(ctx, append([]string{"serve"}, args...), cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: s.err, Getenv: noEnv})
	}()
	t.Cleanup(stop)
	s.url = "http://" + s.err.Wait(t, `(?:listens on http://|"address":")([^\s"]+)`)[1]
	return s
}

func fetch(t *testing.T, method, url string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestServeFlags(t *testing.T) {
	upstream := httptest.NewServer(http.NotFoundHandler())
	defer upstream.Close()
	s := startServe(t, "--upstream", upstream.URL, "--allow-origin", "http://localhost:3000", "--allow-method", "PUT", "--allow-method", "DELETE",
		"--allow-header", "Content-Type", "--expose-header", "X-A", "--allow-credentials", "--max-age", "10m", "--listen", "127.0.0.1:0")
	r := fetch(t, "OPTIONS", s.url+"/x", "Origin: http://localhost:3000", "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: content-type")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "http://localhost:3000", "Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods": "DELETE,PUT", "Access-Control-Allow-Headers": "content-type", "Access-Control-Max-Age": "600",
	} {
		if got := strings.ReplaceAll(r.Header.Get(name), " ", ""); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	r = fetch(t, "GET", s.url+"/x", "Origin: http://localhost:3000")
	if r.StatusCode != 404 || r.Header.Get("Access-Control-Expose-Headers") != "x-a" {
		t.Errorf("status %d, %v", r.StatusCode, r.Header)
	}
	s.err.Wait(t, `try: curl -i -H 'Origin: http://localhost:3000' `+regexp.QuoteMeta(s.url)+"/\n")

	// Refusals are logged with their reason.
	fetch(t, "OPTIONS", s.url+"/x", "Origin: http://localhost:3000", "Access-Control-Request-Method: PATCH")
	s.err.Wait(t, `msg="preflight refused" reason=method-not-allowed origin=http://localhost:3000 method=PATCH`)
	fetch(t, "GET", s.url+"/x", "Origin: https://evil.example")
	s.err.Wait(t, `msg="response not readable by its page" reason=origin-not-allowed origin=https://evil.example`)

	// The address is in use.
	status, _, stderr := run(t, "", "serve", "--upstream", upstream.URL, "--allow-origin", "*", "--listen", strings.TrimPrefix(s.url, "http://"))
	if status != cli.ExitBroken || !strings.Contains(stderr, "another program listens there") {
		t.Errorf("status %d, %s", status, stderr)
	}
	s.stop()
	if status := <-s.status; status != cli.ExitOK {
		t.Errorf("status %d:\n%s", status, s.err)
	}
}

func TestServeFile(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.RequestURI)
	}))
	defer upstream.Close()
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	yaml := "policies:\n  app: {allow_origins: [https://app.example.com], allow_methods: [GET]}\ngateway:\n  listen: 127.0.0.1:1\n  routes:\n    - {path: /api/, upstream: " + upstream.URL + "/base, policy: app}\n"
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "-c", file, "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug", "--debug")
	r := fetch(t, "GET", s.url+"/api/x//y?z;", "Origin: https://app.example.com")
	if body, _ := io.ReadAll(r.Body); string(body) != "/base/api/x//y?z;" || r.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("body %q, %v", body, r.Header)
	}
	// Debug mode answers a refused preflight with what would be allowed.
	r = fetch(t, "OPTIONS", s.url+"/api/", "Origin: https://evil.example", "Access-Control-Request-Method: PUT")
	if r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("status %d, %v", r.StatusCode, r.Header)
	}
	s.err.Wait(t, `"msg":"request","method":"GET".*"status":200,"took":"[0-9.]+(µs|ms|s)"`)
	s.err.Wait(t, `"msg":"note","about":"[^"]*corsac.yaml:2:67: policies.app.allow_methods\[0\]: \\"GET\\": browsers allow this method without asking"`)
	s.err.Wait(t, `"msg":"preflight refused","reason":"origin-not-allowed, method-not-allowed","origin":"https://evil.example","method":"PUT","policy":"[^"]*corsac.yaml:2: allow_origins of app lacks https://evil.example; `)
	s.stop()
	s.err.Wait(t, `"msg":"stopping","drain":"10s"`)
	<-s.status
	for line := range strings.SplitSeq(strings.TrimSpace(s.err.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// TestServeDrains checks that after Ctrl-C nothing new is accepted, requests in
// flight may finish, and those that do not are aborted.
func TestServeDrains(t *testing.T) {
	for _, drain := range []string{"30s", "50ms"} {
		arrived, finish := make(chan struct{}), make(chan struct{})
		upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			select {
			case <-finish:
				_, _ = io.WriteString(w, "finished")
			case <-r.Context().Done():
			}
		}))
		defer upstream.Close()
		s := startServe(t, "--upstream", upstream.URL, "--allow-origin", "*", "--listen", "127.0.0.1:0", "--drain", drain)
		got := make(chan string, 1)
		go func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
			if err != nil {
				got <- err.Error()
				return
			}
			res, err := new(http.Transport).RoundTrip(r)
			if err != nil {
				got <- "broken off"
				return
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			got <- string(body)
		}()
		<-arrived
		s.stop()
		s.err.Wait(t, "msg=stopping")
		want := "broken off"
		if drain == "30s" {
			want = "finished"
			awaitClosed(t, s.url)
			close(finish)
		}
		if body := <-got; body != want {
			t.Errorf("drain %s: %q, want %q", drain, body, want)
		}
		if status := <-s.status; status != cli.ExitOK {
			t.Errorf("drain %s: status %d:\n%s", drain, status, s.err)
		}
	}
}

// awaitClosed waits until nothing listens at a URL.
func awaitClosed(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		conn.Close()
	}
	t.Error("it still accepts connections")
}
