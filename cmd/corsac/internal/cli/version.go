package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/version"
)

func init() { register(newVersion) }

func newVersion(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of corsac",
		Args:    noArgs,
		Example: "  corsac version\n  corsac version --json",
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return report.JSON(a.Out, version.Read())
			}
			_, err := fmt.Fprintln(a.Out, versionLine())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// Version returns the version of the program, such as v1.2.3, or "(devel)".
func Version() string { return version.Read().Version }

func versionLine() string { return version.Read().Line("corsac") }
