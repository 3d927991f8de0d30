package flaghelp

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestUsageWidth wraps flags at the width of the terminal, under their titles.
func TestUsageWidth(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "sample", Run: func(*cobra.Command, []string) {}}
	cmd.Flags().String("long", "", strings.Repeat("many words ", 20)+"of a `NAME`")
	cmd.Flags().Bool("other", false, "another one")
	Group(cmd.Flags(), "The group", "long")
	var b strings.Builder
	if err := Print(&b, cmd, 80); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 81 {
			t.Errorf("a line of %d columns: %s", len(line), line)
		}
	}
	group, rest := strings.Index(b.String(), "\n\nThe group:\n      --long NAME"), strings.Index(b.String(), "\n\nOther flags:\n      --other")
	if group < 0 || rest < group {
		t.Error(b.String())
	}
}
