package diagnose

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

var _ = register(&Cause{
	Slug: "dns-failure",
	rules: []rule{{rank: network, of: []string{"dns-failure"}, find: func(s *scene) *shown {
		if s.url.Host == "" || strings.Contains(s.url.Host, ".") {
			return nil
		}
		f := by().saying("the name " + s.url.Host + " has one label")
		f.confidence = finding.Certain
		f.fix = innerName
		return f
	}}, misspelledURL("dns-failure", www)},
})

// innerName is the fix for a name that only containers know.
const innerName = "Correct the host name. {host} has no dot, so it is probably the name of a container or of a machine in another network: use the name and port under which the browser's machine reaches it, such as localhost and the published port."
