package gateway

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/pathread"
)

// table finds the route of a request.
type table struct {
	hosts []*hostRoutes // most specific first, once sorted
	first *route
	mixed bool // there are routes that are treated differently
	all   bool // every request matches a route

	slashed bool // there are exact paths that servers may take with another slash at the end

	shapes []*shape // of the routes; no two are alike
}

// hostRoutes are the routes of one host.
type hostRoutes struct {
	host  string // "", a name, or "*." and a name
	paths paths
}

// paths finds the route of a decoded path: that of exactly this path, or else that of
// the longest prefix.
type paths struct {
	prefixes      pathread.Table[*route]
	exact, folded map[string]*route
	cased         bool // there are exact paths that differ only by case
}

func (p *paths) add(r *route) {
	path := pathread.DecodeSegments(r.path)
	if !r.exact {
		p.prefixes.Add(path, r)
		return
	}
	if p.exact == nil {
		p.exact, p.folded = map[string]*route{}, map[string]*route{}
	}
	if p.exact[path] == nil {
		p.exact[path] = r
		p.cased = p.cased || p.folded[pathread.Fold(path)] != nil
		p.folded[pathread.Fold(path)] = r
	}
}

func (p *paths) match(path string) (*route, bool) {
	if r := p.exact[path]; r != nil {
		return r, true
	}
	return p.prefixes.Match(path)
}

// matchFolded is match for servers that ignore case, except where the routes do not.
func (p *paths) matchFolded(path string) (*route, bool) {
	if r := p.foldedExact(path); r != nil {
		return r, true
	}
	return p.prefixes.MatchFolded(path)
}

func (p *paths) foldedExact(path string) *route {
	switch {
	case p.exact == nil:
		return nil
	case p.cased && p.exact[path] != nil:
		return p.exact[path]
	}
	return p.folded[pathread.Fold(path)]
}

// matchSlashed is matchFolded for servers that also ignore whether there is a slash at the
// end, except where the routes do not.
func (p *paths) matchSlashed(path string) (*route, bool) {
	if p.exact == nil || p.exact[path] != nil {
		return p.matchFolded(path)
	}
	other, slash := strings.CutSuffix(path, "/")
	if !slash {
		other += "/"
	}
	if r := p.foldedExact(other); r != nil && !r.slashMatters {
		return r, true
	}
	return p.matchFolded(path)
}

// folds reports whether matchFolded or matchSlashed can differ from match for a path.
func (p *paths) folds(path string) bool { return p.exact != nil || p.prefixes.Folds(path) }

// treatAlike reports whether two routes of a table have the same policies and mode,
// say the same in answers to preflights, refuse the same requests and change the same
// headers, so that nobody gains anything by a path that takes the other one.
func treatAlike(a, b *route) bool {
	return a.main.policy == b.main.policy && a.treatment == b.treatment && a.full == b.full &&
		a.guard == b.guard && a.maxBody == b.maxBody && a.shape == b.shape
}

// share returns the shape of the table that is like s.
func (t *table) share(s *shape) *shape {
	if s == nil {
		return nil
	}
	if i := slices.IndexFunc(t.shapes, func(other *shape) bool { return reflect.DeepEqual(other, s) }); i >= 0 {
		return t.shapes[i]
	}
	t.shapes = append(t.shapes, s)
	return s
}

// add adds a route. Of two routes with the same host and path, the first
// counts.
func (t *table) add(r *route) {
	host := canonicalHost(r.host)
	r.shape = t.share(r.shape)
	t.first = cmp.Or(t.first, r)
	t.mixed = t.mixed || !treatAlike(t.first, r)
	t.slashed = t.slashed || r.exact && !r.slashMatters
	t.all = t.all || host == "" && !r.exact && strings.Trim(r.path, "/") == ""
	i := slices.IndexFunc(t.hosts, func(h *hostRoutes) bool { return h.host == host })
	if i < 0 {
		i = len(t.hosts)
		t.hosts = append(t.hosts, &hostRoutes{host: host, paths: paths{prefixes: pathread.Table[*route]{Same: treatAlike}}})
	}
	t.hosts[i].paths.add(r)
}

// sort must be called after the last add.
func (t *table) sort() {
	rank := func(h *hostRoutes) int {
		switch {
		case h.host == "":
			return 2
		case strings.HasPrefix(h.host, "*."):
			return 1
		default:
			return 0
		}
	}
	slices.SortStableFunc(t.hosts, func(a, b *hostRoutes) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(b.host), len(a.host)))
	})
}

// find returns the route for an escaped path on a host, or nil. The path is
// ambiguous if a server may read it as one with another policy or other options, as
// one without a route, or as one outside the base of the upstream.
func (t *table) find(host, path string) (r *route, ambiguous bool) {
	host = canonicalHost(host)
	r = t.match(host, pathread.DecodeSegments(path), (*paths).match)
	if r == nil {
		return nil, false
	}
	// Of an exact route, nothing is left that could be read in another way.
	if r.steps > 0 && !r.exact && !t.settled(r, host, r.strip(path), r.prefix) {
		return r, true
	}
	return r, !t.settled(r, host, path, "")
}

// settled reports whether no server can read a path as one with another policy or other
// options than those of r, or as one outside of the base of the upstream. Before the
// path there was a prefix, decoded, that the server does not get.
func (t *table) settled(r *route, host, path, prefix string) bool {
	leadsTo := func(match matching) func(string) bool {
		return func(reading string) bool {
			return strings.HasPrefix(reading, "/") && t.leadsTo(r, host, prefix+reading, match)
		}
	}
	folded := leadsTo((*paths).matchFolded)
	if t.slashed {
		same, slashed := folded, leadsTo((*paths).matchSlashed)
		folded = func(reading string) bool { return same(reading) && slashed(reading) }
	}
	return pathread.Routing{
		Uniform: t.all && !t.mixed,
		Exact:   leadsTo((*paths).match),
		Folded:  folded,
		Folds:   func(reading string) bool { return t.folds(host, prefix+reading) },
	}.Settled(path, r.server != nil && r.server.HasBase())
}

// matching is a method with which a table of paths finds a route.
type matching func(*paths, string) (*route, bool)

// match returns the route of a decoded path.
func (t *table) match(host, path string, match matching) *route {
	for _, h := range t.hosts {
		if !h.takes(host) {
			continue
		}
		if r, ok := match(&h.paths, path); ok {
			return r
		}
	}
	return nil
}

// leadsTo reports whether a decoded path leads to a route that treats requests as r
// does.
func (t *table) leadsTo(r *route, host, path string, match matching) bool {
	other := t.match(host, path, match)
	return other != nil && treatAlike(r, other)
}

// folds reports whether case can matter for a path.
func (t *table) folds(host, path string) bool {
	return t.mixed && slices.ContainsFunc(t.hosts, func(h *hostRoutes) bool { return h.takes(host) && h.paths.folds(path) })
}

func (h *hostRoutes) takes(host string) bool {
	if h.host == "" || h.host == host {
		return true
	}
	suffix, wild := strings.CutPrefix(h.host, "*")
	return wild && len(host) > len(suffix) && strings.HasSuffix(host, suffix)
}

// canonicalHost returns a host in lower case, without port and final dot.
func canonicalHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
