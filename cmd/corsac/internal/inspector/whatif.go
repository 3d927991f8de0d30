package inspector

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// maxGroups bounds how many different requests are shown.
const maxGroups = 300

// group are requests that need the same of a policy.
type group struct {
	Method string   `json:"method"`
	Target string   `json:"target"` // path
	Server string   `json:"server"`
	Page   string   `json:"page"`
	Needs  []string `json:"needs"` // such as "method PUT"; none if any page may send it
	Count  int      `json:"count"`
	Latest uint64   `json:"latest"` // ID
	// State and Why are those with the edited policy.
	State State  `json:"state,omitempty"`
	Why   string `json:"why,omitempty"`

	subject subject
}

// groups returns what the recorded requests need, the most frequent first.
func (w *world) groups(exchanges []record.Exchange) []group {
	groups, index := []group{}, map[string]int{}
	for i := range exchanges {
		s := w.subjectOf(&exchanges[i])
		if s.request == nil {
			continue
		}
		g := w.groupOf(&s)
		key := strings.Join(append([]string{g.Method, g.Target, g.Server, g.Page}, g.Needs...), "\n")
		at, ok := index[key]
		if !ok && len(groups) < maxGroups {
			at, ok = len(groups), true
			index[key], groups = at, append(groups, g)
		}
		if ok {
			groups[at].Count++
			groups[at].Latest, groups[at].subject = exchanges[i].ID, s
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.Count, a.Count) })
	return groups
}

func (w *world) groupOf(s *subject) group {
	target, _, _ := strings.Cut(targetOf(s.request.URL), "?")
	g := group{Method: s.request.Method, Target: target, Server: s.server(w), Page: s.page.Origin, Needs: []string{}, subject: *s}
	page, err := fetch.NewPage(s.page)
	if err != nil {
		return g
	}
	o := fetch.New(fetch.Config{}).Fetch(context.Background(), page, s.request, func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) { return nil, errNotAsked })
	for _, r := range o.Preflight.Reasons {
		need := string(r.Kind)
		if r.Name != "" {
			need += " " + r.Name
		}
		g.Needs = append(g.Needs, need)
	}
	if s.request.Credentials == fetch.CredentialsInclude {
		g.Needs = append(g.Needs, "credentials")
	}
	return g
}

// answer to a what-if.
type whatIf struct {
	Mistakes []mistake `json:"mistakes"` // in the file; then there are no groups
	Allowed  int       `json:"allowed"`  // requests
	Blocked  int       `json:"blocked"`
	Unknown  int       `json:"unknown"`
	Groups   []group   `json:"groups"`
}

// mistake is what is wrong with a file.
type mistake struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// serveWhatIf decides about what is recorded with other policies.
func (in *Inspector) serveWhatIf(w http.ResponseWriter, r *http.Request) {
	var body struct {
		YAML string `json:"yaml"`
	}
	if !read(w, r, &body) {
		return
	}
	c, mistakes := parse(body.YAML)
	answer := whatIf{Mistakes: mistakes, Groups: []group{}}
	if c != nil {
		world, exchanges := in.now(), in.ring.Snapshot()
		names := map[string]string{} // of policies that were learned, by server
		for _, l := range in.learned(world, exchanges) {
			names[l.Server] = l.Name
		}
		answer.decide(newWorld(world.production, world.web, c, world.file), exchanges, names)
	}
	respond(w, http.StatusOK, answer)
}

// parse reads a corsac.yaml that somebody edits.
func parse(text string) (*config.Config, []mistake) {
	c, err := config.Parse("corsac.yaml", []byte(text))
	var found finding.Mistakes
	switch {
	case errors.As(err, &found):
		list := []mistake{}
		for i := range found {
			f, m := found[i], mistake{}
			if p := f.Place; p != nil {
				m.Line, m.Column, f.Place = p.Line, p.Column, nil
			}
			m.Text = finding.Line(&f)
			list = append(list, m)
		}
		return nil, list
	case err != nil:
		return nil, []mistake{{Text: err.Error()}}
	}
	return c, []mistake{}
}

// decide decides about each group. A policy may have the name of a server, as those
// that are learned do.
func (a *whatIf) decide(w *world, exchanges []record.Exchange, names map[string]string) {
	a.Groups = w.groups(exchanges)
	for i := range a.Groups {
		g := &a.Groups[i]
		s := &g.subject
		name := names[g.Server]
		m := w.policies[name]
		if m == nil {
			m, name = w.policyFor(s.exchange)
		}
		if m == nil {
			m, name = w.first(s)
		}
		g.State, g.Why = w.ask(s, m, name)
		switch g.State {
		case Allowed:
			a.Allowed += g.Count
		case Blocked:
			a.Blocked += g.Count
		default:
			a.Unknown += g.Count
		}
	}
	slices.SortStableFunc(a.Groups, func(x, y group) int { return cmp.Compare(rank[y.State], rank[x.State]) })
}

// first returns the first policy that allows the page of a subject, or the first of
// all.
func (w *world) first(s *subject) (*cors.Middleware, string) {
	names := w.policyNames()
	for _, name := range names {
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Origin": {s.page.Origin}}}
		if w.policies[name].Decide(r).Allowed {
			return w.policies[name], name
		}
	}
	if len(names) > 0 {
		return w.policies[names[0]], names[0]
	}
	return nil, ""
}

// ask returns what browsers decide about a subject if its server has a policy.
func (w *world) ask(s *subject, m *cors.Middleware, name string) (State, string) {
	if m == nil {
		return Unknown, "The file has no policy."
	}
	supposed := *s
	supposed.recorded = false
	if s.answer.Status == 0 { // what it would have said does not matter here
		supposed.answer.Status = http.StatusOK
	}
	c := court{world: w, subject: &supposed, policy: m, name: name}
	var browsers []decision
	for _, p := range profiles {
		browsers = append(browsers, c.decide(p))
	}
	return summary(browsers, byPolicy, name)
}
