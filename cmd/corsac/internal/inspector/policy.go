package inspector

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// panel is what the policy panel shows.
type panel struct {
	// YAML is a corsac.yaml with the tightest policies; "" if there is nothing to
	// allow.
	YAML string `json:"yaml"`
	// File are the policies of corsac.yaml; "" without one.
	File    string         `json:"file"`
	Servers []serverPolicy `json:"servers"`
	Needs   []group        `json:"needs"`
}

// serverPolicy is what was learned about one server.
type serverPolicy struct {
	learn.Learned

	// Policy is the name of the policy in the file that it is compared with, or "".
	Compared string  `json:"compared"`
	Diff     []entry `json:"diff"`
}

// entry is an entry of a policy, compared with the file.
type entry struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Why   string `json:"why"`
	// Is is "missing" in the file, "there", or "unused": in the file, and not seen.
	Is string `json:"is"`
}

// learned returns the tightest policies for what is recorded.
func (in *Inspector) learned(w *world, exchanges []record.Exchange) []learn.Learned {
	l := learn.Learner{Trusted: []string{w.Page, w.web}}
	for i := range exchanges {
		s := w.subjectOf(&exchanges[i])
		if s.request != nil {
			l.Add(s.observation(w), s.page.Origin)
		}
	}
	return l.Results()
}

// tightest returns the tightest policy for the server of an exchange, or nil.
func (in *Inspector) tightest(w *world, x *record.Exchange) *cors.Policy {
	s := w.subjectOf(x)
	if s.request == nil {
		return nil
	}
	server := s.server(w)
	for _, l := range in.learned(w, in.ring.Snapshot()) {
		if _, err := cors.New(l.Policy); l.Server == server && err == nil {
			return &l.Policy
		}
	}
	return nil
}

// servePolicy responds with what the policy panel shows.
func (in *Inspector) servePolicy(w http.ResponseWriter, _ *http.Request) {
	world, exchanges := in.now(), in.ring.Snapshot()
	p := panel{Servers: []serverPolicy{}, Needs: world.groups(exchanges)}
	list := in.learned(world, exchanges)
	if file, err := learn.File(list); err == nil {
		p.YAML = string(file)
	}
	if world.config != nil {
		if text, err := policyfile.Marshal(world.config.Policies); err == nil {
			p.File = string(text)
		}
	}
	for i := range list {
		p.Servers = append(p.Servers, world.compare(&list[i], exchanges))
	}
	respond(w, http.StatusOK, p)
}

// compare compares what was learned about a server with the policy that the file
// has for it.
func (w *world) compare(l *learn.Learned, exchanges []record.Exchange) serverPolicy {
	c := serverPolicy{Learned: *l, Diff: []entry{}}
	for i := len(exchanges) - 1; i >= 0; i-- {
		if s := w.subjectOf(&exchanges[i]); s.request != nil && s.server(w) == l.Server {
			_, c.Compared = w.policyFor(&exchanges[i])
			break
		}
	}
	var file cors.Policy
	if m := w.policies[c.Compared]; m != nil {
		file = m.Policy()
	}
	used := map[string]bool{}
	for _, e := range l.Entries {
		is := "missing"
		if by := check.CoveringEntry(&file, e.Field, e.Value); by != "" {
			is, used[e.Field+" "+by] = "there", true
		}
		c.Diff = append(c.Diff, entry{e.Field, e.Value, e.Why, is})
	}
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"allow_origins", file.AllowOrigins},
		{"allow_methods", file.AllowMethods},
		{"allow_headers", file.AllowHeaders},
		{"expose_headers", file.ExposeHeaders},
		{"allow_credentials", flag(file.AllowCredentials)},
	} {
		for _, v := range f.values {
			if !used[f.name+" "+v] {
				c.Diff = append(c.Diff, entry{f.name, v, "not seen so far", "unused"})
			}
		}
	}
	return c
}

func flag(on bool) []string {
	if on {
		return []string{"true"}
	}
	return nil
}
