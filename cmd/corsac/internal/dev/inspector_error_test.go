package dev_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

// TestInspectorErrors checks that errors of the inspector arrive as it writes them, and
// not as those of a request that cannot be read.
func TestInspectorErrors(t *testing.T) {
	r := run(t, options{flags: dev.Flags{APIs: []string{"http://127.0.0.1:1"}}})
	for path, want := range map[string]string{"nothing": "404 page not found", "api/list": `"error":"reload"`} {
		res, err := http.Get(r.URL() + "/__corsac/" + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: %s %s, want %s", path, res.Status, text, want)
		}
	}
}
