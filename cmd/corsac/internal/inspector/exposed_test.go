package inspector_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
)

// TestUnexposed checks that headers which script cannot read in production are named,
// and that those which corsac exposes are not learned.
func TestUnexposed(t *testing.T) {
	byCorsac := added("GET", "/x", 200, nil)
	byCorsac.answer = append(byCorsac.answer, "Access-Control-Expose-Headers: x-total", "X-Total: 3")
	byCorsac.proxied.Changes = append(byCorsac.proxied.Changes, rewrite.Change{Header: "Access-Control-Expose-Headers", After: "x-total"})
	with := strings.Replace(policy, "    allow_credentials", "    expose_headers: [X-Total]\n    allow_credentials", 1)
	for _, c := range []struct {
		name, file string
		sample     *sample
		names      string // or ""
	}{
		{"a header", "", apiCall("GET", "/x", 200, nil, "X-Total: 3", "X-Powered-By: Express", "ETag: a", "Link: <b>"), "reads Link, X-Total only"},
		{"exposed by the server", "", apiCall("GET", "/x", 200, nil, "X-Total: 3", "Access-Control-Expose-Headers: x-a, x-total"), ""},
		{"not in the policy", policy, apiCall("GET", "/x", 200, nil, "X-Total: 3", "Access-Control-Expose-Headers: x-total"), "reads X-Total only"},
		{"in the policy", with, apiCall("GET", "/x", 200, nil, "X-Total: 3"), ""},
		{"exposed by corsac", "", byCorsac, "reads X-Total only"},
		{"as it is in production", "", observed("GET", "/x", 200, nil, "X-Total: 3"), ""},
	} {
		s := start(t, inspector.Options{})
		if c.file != "" {
			s.configure(c.file)
		}
		s.record(c.sample)
		notes := call[struct{ Notes []string }](s, "GET", "exchange/1", nil).Notes
		i := slices.IndexFunc(notes, func(n string) bool { return strings.Contains(n, "expose_headers") })
		if (i >= 0) != (c.names != "") || i >= 0 && !strings.Contains(notes[i], c.names) {
			t.Errorf("%s: %q, want %q", c.name, notes, c.names)
		}
		if learned := call[struct{ YAML string }](s, "GET", "policy", nil).YAML; c.name == "exposed by corsac" && strings.Contains(learned, "expose_headers") {
			t.Errorf("learned %s", learned)
		}
	}
}
