package demo

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
)

// TestServerLog checks that the lines of net/http go to the demo's log.
func TestServerLog(t *testing.T) {
	var b bytes.Buffer
	s, err := newServer(t.Context(), "page", "127.0.0.1", AnyPort, logging.New(&b, logging.Options{}).Logger)
	if err != nil {
		t.Fatal(err)
	}
	s.handle(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	failed := make(chan error, 1)
	s.serve(failed)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
		res.Body.Close()
		t.Error("a handler that panics has answered")
	}
	s.shutdown(context.WithoutCancel(t.Context()))
	if !strings.Contains(b.String(), `level=ERROR msg="panic while answering a request" reason="http: panic serving `) {
		t.Errorf("log: %q", b.String())
	}
}
