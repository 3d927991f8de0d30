// Package version knows which version of a program runs.
package version

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// released is the version of programs that scripts/dist or the Dockerfile builds. Others
// have that of their module.
var released string

// Info is what is known about the program itself.
type Info struct {
	Version  string `json:"version"`            // module version, or "(devel)"
	Revision string `json:"revision,omitempty"` // source revision, if known
	Time     string `json:"time,omitempty"`     // time of the revision
	Modified bool   `json:"modified,omitempty"` // the source had uncommitted changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Read returns what the program says of itself.
func Read() Info {
	info := Info{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
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

// Line returns the information in one line, about a program of that name.
func (i Info) Line(program string) string {
	s := program + " " + i.Version
	if i.Revision != "" {
		if short := i.Revision[:min(12, len(i.Revision))]; !strings.Contains(s, short) {
			s += " " + short
		}
		if i.Modified {
			s += " with changes"
		}
	}
	return fmt.Sprintf("%s, %s, %s", s, i.Go, i.Platform)
}
