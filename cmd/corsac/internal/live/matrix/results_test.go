package matrix

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// resultsFile has the results of all stacks.
const resultsFile = "testdata/results.json"

// mark says whether an invariant is held.
type mark string

const (
	held          mark = "held"
	notHeld       mark = "not held"
	notApplicable mark = "not applicable"
)

// result is what was found out about a stack.
type result struct {
	Stack string `json:"stack"`
	// Version is that of the server and its packages, Day when it ran.
	Version string `json:"version"`
	Day     string `json:"day"`
	// Policies have a mark for each column, by the name of the policy.
	Policies map[string]map[string]mark `json:"policies"`
}

// columns returns the names of the columns: the invariants, and what else was run.
func columns() (names []string) {
	for _, i := range invariants {
		names = append(names, i.name)
	}
	return append(names, "verify", "browser")
}

// failing returns the columns that are not held for a policy, in order.
func (r *result) failing(policy string) (names []string) {
	for _, name := range columns() {
		if r.Policies[policy][name] == notHeld {
			names = append(names, name)
		}
	}
	return names
}

func readResults(t *testing.T) (list []result) {
	t.Helper()
	data, err := os.ReadFile(resultsFile)
	if os.IsNotExist(err) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// writeResults replaces the results of some stacks in the file.
func writeResults(t *testing.T, some []result) {
	t.Helper()
	all := slices.DeleteFunc(readResults(t), func(r result) bool {
		return slices.ContainsFunc(some, func(s result) bool { return s.Stack == r.Stack })
	})
	all = append(all, some...)
	slices.SortFunc(all, func(a, b result) int { return cmp.Compare(a.Stack, b.Stack) })
	data, err := json.MarshalIndent(all, "", "\t")
	if err == nil {
		err = os.WriteFile(resultsFile, append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// words returns names in one line, or "all".
func words(failing []string) string {
	if len(failing) == 0 {
		return "all"
	}
	return "all but " + strings.Join(failing, ", ")
}
