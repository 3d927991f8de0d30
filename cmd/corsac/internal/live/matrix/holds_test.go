package matrix

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// measured are the columns that belong to what a stack says that it holds.
var measured = map[string]string{
	"errors": "404 500 exc 401 405", "vary": "V+ V- V0 Verr", "vary-preflights": "Vpf", "preflights": "pf", "quiet": "noleak", "replaces": "ownACAO strip",
}

// unsaid is what stacks do not say though it was measured, or say though it was
// not, and why.
var unsaid = map[string]string{
	"vite replaces":               "only the folder takes off the headers of the upstream, not the snippet",
	"webpack-dev-server replaces": "as Vite",
	"create-react-app replaces":   "as Vite",
	"jub0bs preflights":           "what it refuses is a preflight that browsers do not send",
}

// TestHolds checks that each stack says that it holds what was measured, and
// nothing else.
func TestHolds(t *testing.T) {
	for _, r := range readResults(t) {
		for _, each := range stacks.Lookup(r.Stack).Holds.Each() {
			var lost []string
			tried := false
			for _, trial := range trials {
				for _, name := range strings.Fields(measured[each.Name]) {
					tried = tried || r.Policies[trial.name][name] != notApplicable
					if slices.Contains(r.failing(trial.name), name) {
						lost = append(lost, trial.name+" "+name)
					}
				}
			}
			if _, known := unsaid[r.Stack+" "+each.Name]; tried && known == (each.Held == (len(lost) == 0)) {
				t.Errorf("%s says of %s: %t, but it loses %q", r.Stack, each.Name, each.Held, lost)
			}
		}
	}
}
