package serve_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// withAdmin returns a configuration with an admin address.
func withAdmin(text string) string {
	return strings.Replace(text, "gateway:\n", "gateway:\n  admin: localhost:0\n", 1)
}

// askAdmin sends a request to the admin address.
func (s *running) askAdmin(method, path string, headers ...string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.AdminAddress()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// TestAdmin checks what can be read at the admin address, by whom, and that it can
// have the file read again.
func TestAdmin(t *testing.T) {
	upstream := echo(t)
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	text := withAdmin(fileFor(upstream, first, "127.0.0.1:0"))
	s := run(t, file, text, nil)
	await(t, "the log has the address", func() bool { return strings.Contains(s.log.String(), " admin="+s.AdminAddress()+"\n") })
	status, body := s.askAdmin("GET", "/config")
	if status != 200 || body != text {
		t.Errorf("%d %q", status, body)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/status", "/debug/pprof/goroutine?debug=1"} {
		if status, body := s.askAdmin("GET", path); status != 200 || body == "" {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	// A page of another site, by its name or from its origin.
	for _, c := range []struct {
		method, path, header string
		status               int
	}{
		{"GET", "/config", "Host: rebound.example:9090", 403},
		{"GET", "/debug/pprof/", "Host: rebound.example", 403},
		{"GET", "/metrics", "Host: corsac-admin.monitoring.svc", 200},
		{"GET", "/config", "Host: 192.0.2.1:9090", 200},
		{"POST", "/reload", "Sec-Fetch-Site: cross-site", 403},
		{"POST", "/reload", "Origin: http://localhost:3000", 403},
		{"GET", "/debug/pprof/heap?gc=1", "Sec-Fetch-Site: cross-site", 403},
		{"GET", "/debug/pprof/profile?seconds=1", "Sec-Fetch-Site: same-site", 403},
		{"GET", "/status", "Sec-Fetch-Site: same-origin", 200},
		{"GET", "/status", "Sec-Fetch-Site: none", 200},
		{"GET", "/reload", "X: y", 405},
		{"GET", "/other", "X: y", 404},
	} {
		if status, body := s.askAdmin(c.method, c.path, c.header); status != c.status {
			t.Errorf("%s %s with %s: %d %q, want %d", c.method, c.path, c.header, status, body, c.status)
		}
	}
	text = withAdmin(fileFor(upstream, second, "127.0.0.1:0"))
	write(t, file, text)
	status, body = s.askAdmin("POST", "/reload")
	var said serve.Status
	if err := json.Unmarshal([]byte(body), &said); err != nil || status != 200 || said.Hash != fmt.Sprintf("%x", sha256.Sum256([]byte(text))) {
		t.Errorf("%d %s", status, body)
	}
	write(t, file, "nonsense")
	if status, body := s.askAdmin("POST", "/reload"); status != 422 || !strings.Contains(body, `"mistakes"`) {
		t.Errorf("%d %s", status, body)
	}
	if _, body := s.askAdmin("GET", "/metrics"); !strings.Contains(body, "\ncorsac_config_refused 1\n") {
		t.Errorf("%s", body)
	}
}

// TestMetrics checks what is counted, and that nothing that a client sends becomes a
// label.
func TestMetrics(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	text := withAdmin(fileFor(echo(t), first, "127.0.0.1:0")) +
		"    - {path: /down, upstream: \"http://127.0.0.1:1\", policy: app}\n    - {path: /guarded, upstream: \"http://127.0.0.1:1\", policy: app, hide_origin: true}\n"
	s := run(t, file, text, nil)
	for i := range 50 {
		s.allowed(fmt.Sprintf("https://evil%d.example", i))
	}
	s.allowed(first)
	for path, headers := range map[string][]string{
		"/x": {"Access-Control-Request-Method", "GET"}, "/down/x": nil, "/guarded/x": {"Origin", second},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.url+path, nil)
		r.Header.Set("Origin", first)
		if headers != nil {
			r.Header.Set(headers[0], headers[1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	_, body := s.askAdmin("GET", "/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`corsac_cors_decisions_total{allowed="false",kind="actual",policy="app",reason="origin-not-allowed",route="/"} 50`,
		`corsac_cors_decisions_total{allowed="true",kind="actual",policy="app",reason="permitted",route="/"} 1`,
		`corsac_cors_decisions_total{allowed="true",kind="preflight",policy="app",reason="permitted",route="/"} 1`,
		`corsac_responses_total{route="/",status="200"} 51`,
		`corsac_responses_total{route="/down",status="502"} 1`,
		`corsac_responses_total{route="/guarded",status="403"} 1`,
		`corsac_upstream_failures_total{code="upstream-unreachable",route="/down"} 1`,
		`corsac_refused_requests_total{option="hide_origin",route="/guarded"} 1`,
		`corsac_response_duration_seconds_count{route="/"} 51`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	if n := len(families["corsac_cors_decisions_total"].GetMetric()); n > 6 || strings.Contains(body, "evil") {
		t.Errorf("%d series of decisions:\n%s", n, body)
	}
	// The series of a route end with it.
	if err := os.WriteFile(file, []byte(withAdmin(fileFor(echo(t), first, "127.0.0.1:0"))), 0o600); err != nil {
		t.Fatal(err)
	}
	s.askAdmin("POST", "/reload")
	if _, body := s.askAdmin("GET", "/metrics"); strings.Contains(body, `route="/down"`) {
		t.Errorf("the series of a route that is gone are still there:\n%s", body)
	}
}

// TestReadinessGoesFirst checks that /readyz says that serve stops while requests are
// still accepted.
func TestReadinessGoesFirst(t *testing.T) {
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), withAdmin(fileFor(echo(t), first, "127.0.0.1:0")), func(r *serve.Runner) { r.Unready = 300 * time.Millisecond })
	s.stop()
	await(t, "it is not ready", func() bool { status, _ := s.askAdmin("GET", "/readyz"); return status == 503 })
	if got, body := s.allowed(first); got != first || body != "GET" {
		t.Errorf("%q %q", got, body)
	}
}

// TestAdminWaitsForNobody checks that an answer does not wait for a body that never
// comes, and that somebody who asks for the file to be read learns that it is unchanged.
func TestAdminWaitsForNobody(t *testing.T) {
	hangups := make(chan struct{})
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), withAdmin(fileFor(echo(t), first, "127.0.0.1:0")), func(r *serve.Runner) { r.Hangups = hangups })
	for _, path := range []string{"/reload", "/status", "/nothing"} {
		answer := s.raw(s.AdminAddress(), "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 ") {
			t.Errorf("%s: %q", path, answer)
		}
	}
	const line = `level=INFO msg="the file is unchanged"`
	await(t, "the log has the first", func() bool { return strings.Count(s.log.String(), line) == 1 })
	hangups <- struct{}{}
	await(t, "the log has the second", func() bool { return strings.Count(s.log.String(), line) == 2 })
}

// TestLoopAdvice checks that the address that leads back is the one to change.
func TestLoopAdvice(t *testing.T) {
	text := strings.Replace(fileFor("http://127.0.0.1:9300", first, "127.0.0.1:0"), "gateway:\n", "gateway:\n  admin: localhost.localdomain:9300\n", 1)
	var f config.File
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	write(t, name, text)
	if err := f.Set(name); err != nil {
		t.Fatal(err)
	}
	c, err := f.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Gateway.Admin = "127.0.0.1:9300" // as the name may turn out to be
	err = (&serve.Runner{Config: c, Log: slog.New(slog.DiscardHandler)}).Check(t.Context())
	var loop *gateway.LoopError
	if !errors.As(err, &loop) || !strings.Contains(loop.Fix(), "write another address for admin in the file, such as 127.0.0.1:8081") {
		t.Errorf("%v", err)
	}
}
