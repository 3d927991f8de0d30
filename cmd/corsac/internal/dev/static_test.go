package dev_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
)

// TestGuarded checks under which names a page of this machine can be reached.
func TestGuarded(t *testing.T) {
	guard, err := hostguard.New("mine.example")
	if err != nil {
		t.Fatal(err)
	}
	h := dev.Guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), guard)
	for host, want := range map[string]string{
		"localhost:4200": "", "127.0.0.1:4200": "", "[::1]:4200": "", "mine.example": "",
		"evil.example:4200": "add --allow-host evil.example\n", "192.168.1.5:4200": "add --allow-host 192.168.1.5\n", "[fd00::1]": "add --allow-host fd00::1\n",
		"": "no valid Host", "a b": "no valid Host",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if (w.Code == http.StatusNoContent) != (want == "") || want != "" && (w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), want)) {
			t.Errorf("%q: %d %s", host, w.Code, w.Body)
		}
	}
}
