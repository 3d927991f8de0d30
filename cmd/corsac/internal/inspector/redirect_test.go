package inspector_test

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
)

// TestRedirect checks that a redirect leads where it leads in production, and not to
// corsac dev.
func TestRedirect(t *testing.T) {
	const front = "http://localhost:3000/api/items"
	for _, before := range []string{"/items", api + "/items"} {
		s := start(t, inspector.Options{PageOrigin: "https://app.example.com", APIOrigin: "https://api.example.com"})
		s.configure(strings.Replace(policy, web, "https://app.example.com", 1))
		x := apiCall("GET", "/api/old", 302, nil, "Location: "+front)
		x.proxied = record.Proxied{Route: "/api", Mode: "same-origin", Sent: api + "/old", Changes: []rewrite.Change{{Header: "Location", Before: before, After: front}}}
		s.record(x)
		steps := call[struct {
			Diagram []struct{ Title, Text string }
		}](s, "GET", "exchange/1", nil).Diagram
		var titles []string
		for _, step := range steps {
			titles = append(titles, step.Title)
		}
		if all := strings.Join(titles, "; "); !strings.Contains(all, "GET /items") || strings.Contains(all, "/api/items") {
			t.Errorf("%s: %q", before, titles)
		}
	}
}
