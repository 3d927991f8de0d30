package explain_test

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// TestField checks messages as people posted them: each is explained rightly, or
// explain says that it does not know it.
func TestField(t *testing.T) {
	unknown := 0
	for _, s := range samples(t, "field.json") {
		x := explain.Explain([]byte(s.Text), explain.Options{})
		switch {
		case x.Slug == explain.Unknown:
			unknown++
		case x.Slug != s.Slug:
			t.Errorf("%s: slug %s, want %s\n%s", s.ID, x.Slug, s.Slug, s.Text)
		default:
			checkCauses(t, s.ID, x, s.Causes)
			checkExtract(t, s.ID, x, s.Extract)
		}
	}
	if unknown > 2 {
		t.Errorf("%d messages are unknown", unknown)
	}
}
