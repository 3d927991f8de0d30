package inspector

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/policyfile"
)

// remedy is a line of corsac.yaml.
type remedy struct {
	Line string `json:"line"`
	Why  string `json:"why"`
}

// lacked are the fields of a policy that a request may need.
var lacked = []struct{ field, why string }{
	{"allow_origins", "the page's origin"},
	{"allow_methods", "the method of the request"},
	{"allow_headers", "what script sets"},
	{"allow_credentials", "the page sends credentials"},
}

// lacking returns what the policy of a request lacks for it: all of it at once, since a
// browser names only the first.
func (w *world) lacking(s *subject) []remedy {
	lines := []remedy{}
	m, _ := w.policyFor(s.exchange)
	l := learn.Learner{Trusted: []string{s.page.Origin}}
	l.Add(s.observation(w), s.page.Origin)
	policy, values := m.Policy(), map[string][]string{}
	for _, learned := range l.Results() {
		for _, e := range learned.Entries {
			if check.CoveringEntry(&policy, e.Field, e.Value) == "" {
				values[e.Field] = append(values[e.Field], e.Value)
			}
		}
	}
	for _, f := range lacked {
		if len(values[f.field]) == 0 {
			continue
		}
		if l, err := policyfile.Line(f.field, values[f.field]...); err == nil {
			lines = append(lines, remedy{l, f.why})
		}
	}
	return lines
}
