package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// Rule describes a rule.
type Rule struct {
	ID string `json:"id"`
	// Severity is one of the three that decide about the exit status: error, warning
	// or note.
	Severity finding.Severity `json:"severity"`
	// Cause is that of a check from outside; "" if none sees it.
	Cause string `json:"cause,omitempty"`
	Title string `json:"title"`
	Why   string `json:"why"`
	Fix   string `json:"fix"`
}

// Rules returns all rules, sorted by ID.
func Rules() (list []Rule) {
	var all []*stacks.Rule
	for _, s := range importer.Readers(nil) {
		all = append(all, s.Source.Rules...)
	}
	for _, r := range draftRules {
		all = append(all, r.rule)
	}
	for _, r := range append(all, fileRules...) {
		list = append(list, Rule{r.ID, r.Severity, r.Cause, r.Title, r.Why, r.Fix})
	}
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(list) // stacks may share a rule
}

// IDs returns the IDs of all rules.
func IDs() (ids []string) {
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// Known returns an error about names that no rule has.
func Known(ids []string) error {
	known := IDs()
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return fmt.Errorf("there is no rule %q; corsac lint --list shows all", id)
		}
	}
	return nil
}
