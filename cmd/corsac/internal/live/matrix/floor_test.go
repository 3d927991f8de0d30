package matrix

import (
	"slices"
	"strings"
	"testing"
)

// floor is what is known of a stack from measurements of its own middleware,
// configured as well as it can be: what it does not hold, and why corsac's
// configuration differs. Stacks that hold everything are not listed.
type floor struct {
	// lacks are columns that may be lost, besides those of the policy.
	lacks string
	// better says why less is lost.
	better string
}

var floors = map[string]floor{
	"express": {lacks: "noleak opt ownACAO strip"},
	"fastapi": {lacks: "V- V0 Verr noleak strip", better: "the snippet wraps the application once more to send Vary: Origin always"},
	"go":      {lacks: "Vpf ownACAO strip"},
}

// difference says how the results of a stack differ from its floor.
func difference(stack string, failing []string) string {
	f := floors[stack]
	lacks := strings.Fields(f.lacks)
	var less, more []string
	for _, name := range failing {
		if !slices.Contains(lacks, name) {
			less = append(less, name)
		}
	}
	for _, name := range lacks {
		if !slices.Contains(failing, name) {
			more = append(more, name)
		}
	}
	var parts []string
	if len(less) > 0 {
		parts = append(parts, "holds LESS than measured before: "+strings.Join(less, ", "))
	}
	if len(more) > 0 {
		parts = append(parts, "holds more than measured before: "+strings.Join(more, ", ")+", because "+f.better)
	}
	return strings.Join(parts, "; ")
}

// TestFloors checks that no stack holds less than is known of it, for any policy,
// and that what it holds more is explained.
func TestFloors(t *testing.T) {
	for _, r := range readResults(t) {
		f := floors[r.Stack]
		for _, trial := range trials {
			for _, name := range r.failing(trial.name) {
				if !slices.Contains(strings.Fields(f.lacks), name) {
					t.Errorf("%s, %s: %s is not held", r.Stack, trial.name, name)
				}
			}
		}
		if d := difference(r.Stack, r.failing("reference")); strings.HasSuffix(d, "because ") || f.better != "" && d == "" {
			t.Errorf("%s: the difference is not explained: %s", r.Stack, d)
		}
	}
}
