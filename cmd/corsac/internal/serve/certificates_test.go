package serve_test

import (
	"context"
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
