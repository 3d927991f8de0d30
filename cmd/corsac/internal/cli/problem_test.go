package cli

import (
	"bytes"
	"errors"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// TestProblemsAreWrapped checks that errors keep to the width of a terminal, as verdicts
// do.
func TestProblemsAreWrapped(t *testing.T) {
	var out bytes.Buffer
	p := &problem{err: errors.New("the page cannot be loaded; write its origin with --origin"), hint: "run corsac check --help\nand read what it says about pages"}
	p.print(&terminal.Writer{Palette: terminal.NewPalette(&out, func(string) string { return "" }), Out: &out, Width: 40})
	want := `corsac: the page cannot be loaded; write
        its origin with --origin
  run corsac check --help
  and read what it says about pages
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
