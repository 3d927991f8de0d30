package cli_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// TestFlagValues checks that every flag which refuses a value says so in words of
// corsac, not in those of a library.
func TestFlagValues(t *testing.T) {
	refusals := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Set("x") == nil {
				return
			}
			refusals++
			args := append(strings.Fields(cmd.CommandPath())[1:], "--"+f.Name+"=x")
			status, _, stderr := run(t, "", args...)
			if status != cli.ExitUsage || strings.Contains(stderr, "strconv") || strings.Contains(stderr, "parsing") || !strings.Contains(stderr, f.Name) {
				t.Errorf("%s: status %d\n%s", args, status, stderr)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(cli.Root())
	if refusals < 20 {
		t.Errorf("only %d flags refuse a value", refusals)
	}
}
