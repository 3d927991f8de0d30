package serve_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// tripwire calls a function once, when the log gets a message.
type tripwire struct {
	slog.Handler

	message string
	once    *sync.Once
	call    func()
}

// Handle implements [slog.Handler].
func (w tripwire) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == w.message {
		w.once.Do(w.call)
	}
	return w.Handler.Handle(ctx, r)
}

// TestCertificatesBetween checks that certificates that change after they have been
// read, and before they are watched, are noticed.
func TestCertificatesBetween(t *testing.T) {
	dir := t.TempDir()
	certificateUntil(t, dir, 1, time.Now().Add(-time.Hour), "a.example")
	text := secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, func(r *serve.Runner) {
		r.Log = slog.New(tripwire{r.Log.Handler(), "a certificate is no longer valid", &sync.Once{}, func() { certificate(t, dir, 2, "a.example") }})
	})
	if got := s.ask("a.example", "GET", "/", true); got.serial != 2 {
		t.Errorf("certificate %d", got.serial)
	}
}

// TestCertificateMetrics checks that Prometheus gets to know when certificates end, and
// which program runs.
func TestCertificateMetrics(t *testing.T) {
	dir := t.TempDir()
	end := time.Unix(4_000_000_000, 0)
	certificateUntil(t, dir, 1, end, "b.example", "c.example")
	certificate(t, dir, 2, "d.example")
	text := withAdmin(strings.Replace(secureFile(echo(t), "{certificates: [{cert: b.example.pem, key: b.example.key}, {cert: d.example.pem, key: d.example.key}]}"), "  plain_listen: localhost:0\n", "", 1))
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, func(r *serve.Runner) { r.Version = "v1.2.3" })
	_, body := s.askAdmin("GET", "/metrics")
	for _, want := range []string{
		"corsac_certificate_expiry_timestamp_seconds{subject=\"b.example\"} 4e+09\n",
		"corsac_certificate_expiry_timestamp_seconds{subject=\"d.example\"} ",
		"version=\"v1.2.3\"} 1\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s in\n%s", want, body)
		}
	}
}

// TestCertificateProblem checks that a certificate which cannot be read again is a problem
// for operators until it can, or until the file names another one.
func TestCertificateProblem(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	certificate(t, dir, 2, "b.example")
	text := withAdmin(strings.Replace(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  plain_listen: localhost:0\n", "", 1))
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	key, note := filepath.Join(dir, "a.example.key"), "gateway.tls.certificates[0].key: "
	check := func(problem bool) {
		t.Helper()
		await(t, fmt.Sprint("there is a problem: ", problem), func() bool { return (s.Status().CertificateProblem != nil) == problem })
		_, metrics := s.askAdmin("GET", "/metrics")
		if want := fmt.Sprintf("\ncorsac_certificate_refused %d\n", map[bool]int{true: 1}[problem]); !strings.Contains(metrics, want) {
			t.Errorf("there is no %s", want)
		}
		_, status := s.askAdmin("GET", "/status")
		_, page := s.askAdmin("GET", "/")
		for name, text := range map[string]string{"/status": status, "/": page} {
			if strings.Contains(text, note) != problem {
				t.Errorf("%s with a problem: %v\n%s", name, problem, text)
			}
		}
	}
	check(false)
	write(t, key, "nonsense")
	check(true)
	since := s.Status().CertificateProblem.At
	write(t, key, "more nonsense")
	await(t, "that is noticed", func() bool { return strings.Count(s.log.String(), "the old certificates stay") >= 2 })
	if again := s.Status().CertificateProblem.At; again != since {
		t.Errorf("since %s, not %s", again, since)
	}
	certificate(t, dir, 3, "a.example")
	check(false)
	if got := s.ask("a.example", "GET", "/", true); got.serial != 3 {
		t.Errorf("certificate %d", got.serial)
	}
	write(t, key, "nonsense")
	check(true)
	write(t, s.file, strings.ReplaceAll(text, "a.example", "b.example"))
	check(false)
	if got := s.ask("b.example", "GET", "/", true); got.serial != 2 {
		t.Errorf("certificate %d", got.serial)
	}
}
