package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

const verifyPolicy = `
policies:
  app:
    allow_origins: [https://app.example.com]
    allow_methods: [PUT]
    allow_headers: [Authorization]
`

// verifyServer is a server with the policy, which also asks for a token and
// changes into one that reflects every origin.
type verifyServer struct {
	url    string
	broken atomic.Bool
	posted atomic.Int32
}

func newVerifyServer(t *testing.T) *verifyServer {
	t.Helper()
	s := &verifyServer{}
	m, err := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Authorization"}})
	if err != nil {
		t.Fatal(err)
	}
	app := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			s.posted.Add(1)
		}
		if s.broken.Load() {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		}
		if r.URL.Path != "/items" {
			http.NotFound(w, r)
		}
	}))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	s.url = server.URL + "/items"
	return s
}

func corsacVerify(t *testing.T, env map[string]string, args ...string) (out, errs string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(file, []byte(verifyPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(args, " "), "--origin") {
		args = append([]string{"-c", file}, args...)
	}
	var o, e bytes.Buffer
	status = cli.Run(t.Context(), append([]string{"verify"}, args...), cli.IO{In: strings.NewReader(""), Out: &o, Err: &e, Getenv: func(name string) string { return env[name] }})
	return o.String(), e.String(), status
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	out, errs, status := corsacVerify(t, nil, s.url)
	if status != cli.ExitOK || !strings.Contains(out, "✓ Allowed origins can read responses") || errs != "" {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if n := s.posted.Load(); n > 0 {
		t.Errorf("%d PUT requests were sent without --send", n)
	}
	if _, _, status := corsacVerify(t, nil, s.url, "--send"); status != cli.ExitOK || s.posted.Load() == 0 {
		t.Errorf("with --send: status %d, %d PUT requests", status, s.posted.Load())
	}
	s.broken.Store(true)
	out, _, status = corsacVerify(t, nil, s.url)
	if status != cli.ExitFailed || !strings.Contains(out, "✗ Other origins are refused, however similar: http") {
		t.Errorf("broken: status %d: %s", status, out)
	}
	if again := "\ncorsac verify " + s.url + " -c "; strings.Count(out, again) != strings.Count(out, "To see whether it works") || !strings.Contains(out, again) {
		t.Errorf("a fix without the command that checks it: %s", out)
	}
	if !strings.Contains(out, "not tested: The errors that a gateway makes itself") {
		t.Errorf("nothing about what was not tested: %s", out)
	}
	if out, _, status = corsacVerify(t, nil, s.url, "--quiet"); status != cli.ExitFailed || out != "" {
		t.Errorf("--quiet: status %d: %s", status, out)
	}
}

func TestVerifyForms(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	s.broken.Store(true)
	for form, begin := range map[string]string{
		"--json": "{", "--sarif": "{", "--junit": "<?xml", "--markdown": "## corsac verify", "--format=github": "::error",
	} {
		out, _, status := corsacVerify(t, nil, s.url, form)
		if status != cli.ExitFailed || !strings.HasPrefix(out, begin) {
			t.Errorf("%s: status %d: %.100s", form, status, out)
		}
	}
}

// TestVerifyNames checks that what is not secret stays readable, and that rules link
// to pages that are there.
func TestVerifyNames(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	s.broken.Store(true)
	out, _, _ := corsacVerify(t, nil, s.url, "-H", "Accept: 127.0.0.1", "--sarif")
	if strings.Contains(out, "[masked]") || !strings.Contains(out, s.url) {
		t.Error(out)
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "guide", "causes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		if _, slug, ok := strings.Cut(line, "causes.md#"); ok {
			if slug, _, _ = strings.Cut(slug, `"`); !bytes.Contains(guide, []byte("# "+slug+"\n")) {
				t.Errorf("the guide has no %s", slug)
			}
		}
	}
}

func TestVerifyBaseline(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	s.broken.Store(true)
	report, _, _ := corsacVerify(t, nil, s.url, "--json")
	file := filepath.Join(t.TempDir(), "known.json")
	if err := os.WriteFile(file, []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, status := corsacVerify(t, nil, s.url, "--baseline", file); status != cli.ExitOK || !strings.Contains(out, "known to fail") {
		t.Errorf("status %d: %s", status, out)
	}
	if out, _, _ := corsacVerify(t, nil, s.url, "--baseline", file); strings.Contains(out, "→") {
		t.Errorf("it explains what is known: %s", out)
	}
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := corsacVerify(t, nil, s.url, "--baseline", file); status != cli.ExitUsage || !strings.Contains(errs, "--json") {
		t.Errorf("a file that is no report: status %d: %s", status, errs)
	}
}

// TestVerifySecrets fills in a variable and looks for its value in every form.
func TestVerifySecrets(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Authorization")) // shown as evidence
		w.Header().Set("Access-Control-Allow-Headers", "authorization")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		}
	}))
	defer echo.Close()
	env := map[string]string{"TOKEN": secret}
	for _, form := range []string{"--format=text", "--json", "--sarif", "--junit", "--markdown", "--format=github"} {
		out, errs, status := corsacVerify(t, env, echo.URL, "-H", "Authorization: Bearer ${TOKEN}", form)
		if status != cli.ExitFailed || strings.Contains(out+errs, secret) || !strings.Contains(out, "[masked]") && form != "--markdown" {
			t.Errorf("%s: status %d: %s%s", form, status, out, errs)
		}
	}
	if _, errs, status := corsacVerify(t, nil, echo.URL, "-H", "Authorization: Bearer ${TOKEN}"); status != cli.ExitUsage || !strings.Contains(errs, "${TOKEN}") {
		t.Errorf("no value: status %d: %s", status, errs)
	}
}

func TestVerifyDerived(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	if out, _, status := corsacVerify(t, nil, s.url, "--origin", "https://app.example.com"); status != cli.ExitOK {
		t.Errorf("status %d: %s", status, out)
	}
	if _, errs, status := corsacVerify(t, nil, s.url, "--origin", "https://other.example.com"); status != cli.ExitFailed || strings.Count(errs, "corsac check") != 1 {
		t.Errorf("an origin that is refused: status %d: %s", status, errs)
	}
}

func TestVerifyMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, cli.ExitUsage, "needs the URL"},
		{[]string{"api.example.com"}, cli.ExitUsage, "has no scheme"},
		{[]string{"http://127.0.0.1:" + testenv.FreePort(t)}, cli.ExitBroken, "does not answer"},
		{[]string{"http://localhost", "--policy", "other"}, cli.ExitUsage, `no policy "other"`},
		{[]string{"http://localhost", "--watch", "1ms"}, cli.ExitUsage, "--watch"},
	} {
		if _, errs, status := corsacVerify(t, nil, tt.args...); status != tt.status || !strings.Contains(errs, tt.want) || strings.Contains(errs, "name it with --policy") {
			t.Errorf("%v: status %d: %s", tt.args, status, errs)
		}
	}
}

// TestVerifyRoute checks that of several policies, the route that takes a URL says which
// one a server should have.
func TestVerifyRoute(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	file := filepath.Join(t.TempDir(), "several.yaml")
	text := verifyPolicy + `
  next: {allow_origins: [https://other.example.com]}
gateway:
  routes: [{path: /items, upstream: "http://127.0.0.1:9000", policy: app, trial: next}]
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, status := corsacVerify(t, nil, s.url, "-c", file); status != cli.ExitOK || !strings.Contains(out, "and policy app\n") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if _, errs, status := corsacVerify(t, nil, strings.TrimSuffix(s.url, "items"), "-c", file); status != cli.ExitUsage || !strings.Contains(errs, "name it with --policy") {
		t.Errorf("without a route: status %d: %s", status, errs)
	}
}

// TestVerifyDown checks what is said about a server that does not work, with a
// policy and without one.
func TestVerifyDown(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer gone.Close()
	closed := "http://127.0.0.1:" + testenv.FreePort(t)
	for url, want := range map[string]string{gone.URL: "every request gets 502 Bad Gateway", closed: "does not answer"} {
		for _, more := range [][]string{nil, {"--origin", "https://app.example.com"}} {
			out, errs, status := corsacVerify(t, nil, append(more, url)...)
			if status != cli.ExitBroken || out != "" || !strings.Contains(errs, "cannot verify "+url) || !strings.Contains(errs, want) || strings.Contains(errs, "corsac check") {
				t.Errorf("%s %v: status %d: %s%s", url, more, status, out, errs)
			}
		}
	}
}

// TestVerifyWatch waits for a change, and for nothing else.
func TestVerifyWatch(t *testing.T) {
	t.Parallel()
	s := newVerifyServer(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(file, []byte(verifyPolicy), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"verify", s.url, "-c", file, "--watch", "1s", "--json"}, cli.IO{In: strings.NewReader(""), Out: w, Err: io.Discard, Getenv: noEnv})
		_ = w.Close()
	}()
	var first, second struct{ Violations int }
	d := json.NewDecoder(r)
	if err := d.Decode(&first); err != nil || first.Violations != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	s.broken.Store(true)
	if err := d.Decode(&second); err != nil || second.Violations == 0 {
		t.Fatalf("%+v, %v", second, err)
	}
	cancel()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if status := <-ended; status != cli.ExitFailed {
		t.Errorf("status %d", status)
	}
}

// TestVerifySafelisted verifies policies with methods that need no preflight,
// without sending them.
func TestVerifySafelisted(t *testing.T) {
	t.Parallel()
	m, err := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"POST", "PUT"}, AllowHeaders: []string{"Content-Type"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Error("POST was sent")
		}
		if r.URL.Path != "/" {
			http.NotFound(w, r)
		}
	})))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	const policy = "policies: {app: {allow_origins: ['https://app.example.com'], allow_methods: [POST, PUT], allow_headers: [Content-Type]}}"
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"-H", "Content-Type: text/plain"}} {
		var out bytes.Buffer
		args := append([]string{"verify", server.URL, "-c", file}, more...)
		if status := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: noEnv}); status != cli.ExitOK {
			t.Errorf("%v: status %d: %s", more, status, out.String())
		}
	}
}
