package check

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
)

// A page is loaded once; one that could not be loaded is tried again, and other
// settings may lead to another page.
func TestPageLoader(t *testing.T) {
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Referrer-Policy", "origin")
	}))
	defer server.Close()
	settings := probe.Settings{MaxTime: 5}
	network, err := settings.Network(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var l pageLoader
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.load(cancelled, network, server.URL, &settings); err == nil {
		t.Fatal("a page was loaded after Ctrl-C")
	}
	before := served.Load()
	for range 3 {
		p, err := l.load(t.Context(), network, server.URL, &settings)
		if err != nil || p.config.ReferrerPolicy != "origin" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if n := served.Load() - before; n != 1 {
		t.Errorf("loaded %d times", n)
	}
	other := probe.Settings{MaxTime: 5, Insecure: true}
	if _, err := l.load(t.Context(), network, server.URL, &other); err != nil || served.Load()-before != 2 {
		t.Errorf("with other settings: %v, loaded %d times", err, served.Load()-before)
	}
	server.Close()
	for range 2 {
		if _, err := l.load(t.Context(), network, server.URL+"/gone", &settings); err == nil {
			t.Error("a server that is gone has served a page")
		}
	}
	if len(l.loads) != 2 {
		t.Errorf("%d pages are kept", len(l.loads))
	}
}
