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

// TestHelpWidth wraps what help says at the width of a narrow terminal, and leaves it
// as it is in a wide one and in a file.
func TestHelpWidth(t *testing.T) {
	t.Parallel()
	about := strings.Repeat("some words ", 7) + "about\nit, and more of them.\n\n  yes       " + strings.Repeat("an item of a list ", 3) + "\n\nThe end."
	cmd := &cobra.Command{Use: "sample", Long: about}
	cmd.AddCommand(&cobra.Command{Use: "below", Short: strings.Repeat("what it does ", 5), Run: func(*cobra.Command, []string) {}})
	for _, width := range []int{0, 100, 40} {
		var b strings.Builder
		if err := Help(&b, cmd, width); err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(b.String(), "\n\nUse \"")
		if width != 40 {
			if !strings.HasPrefix(text, about+"\n\nUsage:") {
				t.Errorf("%d columns:\n%s", width, text)
			}
			continue
		}
		for line := range strings.Lines(text) {
			if len(line) > 41 {
				t.Errorf("a line of %d columns: %s", len(line), line)
			}
		}
		for _, want := range []string{"about it,", "\n  yes       an item of a list an item of\n            a list", "\n  below       what it does"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	}
}
