package firefox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/conformance/firefox"
)

// TestConsole checks that what is on the console is found: of scripts, of the engine,
// and of the page's security policy.
func TestConsole(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "img-src 'none'")
		_, _ = io.WriteString(w, `<!doctype html><link rel=icon href=data:,><script>console.warn("from the script"); missing();</script><img src=/x.png>`)
	}))
	defer s.Close()
	b := firefox.Start(t, time.Minute, "")
	if err := b.Navigate(s.URL); err != nil {
		t.Fatal(err)
	}
	lines, err := b.Console(s.URL)
	text := strings.Join(lines, "\n")
	for _, want := range []string{"warn: from the script", "missing is not defined", "img-src"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q, %v", text, want, err)
		}
	}
	if lines, err := b.Console(s.URL); len(lines) > 0 || err != nil {
		t.Errorf("again: %q, %v", lines, err)
	}
}
