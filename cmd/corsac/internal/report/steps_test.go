package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestSteps checks that several steps have numbers, that remarks are not steps,
// that tabs stay, and that a placeholder is explained.
func TestSteps(t *testing.T) {
	for _, c := range []struct {
		fix  finding.Fix
		want string
	}{
		{finding.Fix{Text: "Fix it."}, "  → Fix it.\n"},
		{finding.Fix{Text: "Fix it.\nNote: It costs."}, "  → Fix it.\n  note: It costs.\n"},
		{
			finding.Fix{Text: "Install it:\n    get\nPaste:\n    if {\n    \tx\n    }\nNote: It costs.", Check: "corsac check"},
			"  1. Install it:\n\nget\n\n  2. Paste:\n\nif {\n\tx\n}\n\n  note: It costs.\n  3. To see whether it works:\n\ncorsac check\n",
		},
		{
			finding.Fix{Text: "Fix it.", Check: "corsac check -H 'Authorization: Bearer TOKEN'"},
			"  1. Fix it.\n  2. To see whether it works, with the real value in place of TOKEN:\n\ncorsac check -H 'Authorization: Bearer TOKEN'\n",
		},
	} {
		var out bytes.Buffer
		w := &Text{Writer: terminal.NewWriter(&out, func(string) string { return "" })}
		w.fix(&c.fix)
		if out.String() != c.want {
			t.Errorf("%q\nwant:\n%q", out.String(), c.want)
		}
	}
}

// TestProbesOfAllowed checks that the probes for a request that is allowed, with
// nothing found, say what they looked for.
func TestProbesOfAllowed(t *testing.T) {
	d := &diagnose.Verdict{Verdict: &verdict.Verdict{Result: fetch.Allowed}, Probes: []diagnose.Probe{{}}}
	var out bytes.Buffer
	w := &Text{Writer: terminal.NewWriter(&out, func(string) string { return "" })}
	w.probes(d)
	if !strings.Contains(out.String(), "1 probe was sent to look for faults that other requests meet; nothing was found") {
		t.Error(out.String())
	}
}
