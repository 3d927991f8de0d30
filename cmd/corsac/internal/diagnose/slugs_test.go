package diagnose

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestSlugs checks that every slug that rules, lists and stacks name is that of a
// cause, so that a slug that is misspelled or renamed does not go unnoticed.
func TestSlugs(t *testing.T) {
	check := func(where string, slugs []string) {
		t.Helper()
		for _, slug := range slugs {
			if c := Lookup(slug); c == nil || c.Slug != slug {
				t.Errorf("%s: there is no cause %q", where, slug)
			}
		}
	}
	check("preflightValues", preflightValues)
	for _, r := range ranked() {
		check(r.Slug, r.of)
	}
	for _, s := range stacks.All() {
		for slug := range s.Advice {
			check(s.Name, []string{slug})
		}
	}
}
