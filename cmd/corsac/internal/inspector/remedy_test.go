package inspector_test

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
)

// TestRemedy checks that all that a policy lacks for a request is said, and nothing that
// it has.
func TestRemedy(t *testing.T) {
	other := strings.Replace(policy, "http://localhost:5173, ", "", 1)
	json := []string{"Cookie: a=b", "Content-Type: application/json"}
	for _, c := range []struct {
		name, file string
		sample     *sample
		want       string
	}{
		{"the origin", other, apiCall("GET", "/x", 200, json[:1]), "allow_origins: [http://localhost:5173]"},
		{"the origin, with a preflight", other, apiCall("PUT", "/x", 200, json), "allow_origins: [http://localhost:5173]"},
		{"a method", policy, apiCall("DELETE", "/x", 200, json), "allow_methods: [DELETE]"},
		{"a method and a header", policy, apiCall("DELETE", "/x", 200, []string{"X-A: 1"}), "allow_methods: [DELETE]; allow_headers: [x-a]"},
		{"credentials", strings.Replace(policy, "    allow_credentials: true\n", "", 1), apiCall("GET", "/x", 200, json[:1]), "allow_credentials: true"},
		{"of a preflight", policy, enforced("OPTIONS", "/x", 403, []string{"Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: x-a"}), "allow_methods: [DELETE]; allow_headers: [x-a]"},
		{"nothing", policy, apiCall("PUT", "/x", 200, json), ""},
	} {
		s := start(t, inspector.Options{})
		s.configure(c.file)
		s.record(c.sample)
		var lines []string
		for _, r := range call[struct{ Remedy []struct{ Line string } }](s, "GET", "exchange/1", nil).Remedy {
			lines = append(lines, r.Line)
		}
		if got := strings.Join(lines, "; "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
