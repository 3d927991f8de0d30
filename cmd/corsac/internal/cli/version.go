package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

func init() { register(newVersion) }

// released is the version of programs that scripts/dist builds. Others have that
// of their module.
var released string

// buildInfo is what is known about the program itself.
type buildInfo struct {
	Version  string `json:"version"`            // module version, or "(devel)"
	Revision string `json:"revision,omitempty"` // source revision, if known
	Time     string `json:"time,omitempty"`     // time of the revision
	Modified bool   `json:"modified,omitempty"` // the source had uncommitted changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of corsac",
		Args:    noArgs,
		Example: "  corsac version\n  corsac version --json",
		RunE: func(*cobra.Command, []string) error {
			info := readBuildInfo()
			if asJSON {
				return report.JSON(a.Out, info)
			}
			_, err := fmt.Fprintln(a.Out, info)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// Version returns the version of the program, such as v1.2.3, or "(devel)".
func Version() string { return readBuildInfo().Version }

func readBuildInfo() buildInfo {
	info := buildInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	info.Version = cmp.Or(released, build.Main.Version, info.Version)
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Revision = s.Value
		case "vcs.time":
			info.Time = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	return info
}

// String returns the information in one line.
func (b buildInfo) String() string {
	s := "corsac " + b.Version
	if b.Revision != "" {
		if short := b.Revision[:min(12, len(b.Revision))]; !strings.Contains(s, short) {
			s += " " + short
		}
		if b.Modified {
			s += " with changes"
		}
	}
	return fmt.Sprintf("%s, %s, %s", s, b.Go, b.Platform)
}
