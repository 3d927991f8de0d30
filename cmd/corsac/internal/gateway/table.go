package gateway

import (
	"cmp"
	"slices"
	"strings"
)

// table finds the route of a request.
type table struct {
	hosts []*hostRoutes // most specific first, once sorted
}

// hostRoutes are the routes of one host.
type hostRoutes struct {
	host    string            // "", a name, or "*." and a name
	paths   map[string]*route // by prefix as prefixOf returns it
	longest int               // the length of the longest prefix
}

// add adds a route. Of two routes with the same host and path, the first stays.
func (t *table) add(r *route) {
	host := canonicalHost(r.host)
	i := slices.IndexFunc(t.hosts, func(h *hostRoutes) bool { return h.host == host })
	if i < 0 {
		i = len(t.hosts)
		t.hosts = append(t.hosts, &hostRoutes{host: host, paths: map[string]*route{}})
	}
	h, prefix := t.hosts[i], prefixOf(r.path)
	if _, taken := h.paths[prefix]; !taken {
		h.paths[prefix] = r
		h.longest = max(h.longest, len(prefix))
	}
}

// sort makes the table ready, after the last add.
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

// find returns the route that takes an escaped path on a host, or nil. If the
// path is ambiguous, some upstreams would read it as one of another route with
// another policy, or of none.
func (t *table) find(host, path string) (r *route, ambiguous bool) {
	host = canonicalHost(host)
	r = t.match(host, canonicalPath(path))
	if r == nil || isPlain(path) {
		return r, false
	}
	for _, reading := range readings(path) {
		if reading.escapes && r.hasBase() {
			return r, true
		}
		if other := t.match(host, reading.path); other == nil || other.policy != r.policy {
			return r, true
		}
	}
	return r, false
}

// match returns the route of a canonical path.
func (t *table) match(host, path string) *route {
	for _, h := range t.hosts {
		if !h.takes(host) {
			continue
		}
		for prefix := path[:h.cut(path)]; ; prefix = prefix[:strings.LastIndexByte(prefix, '/')] {
			if r, ok := h.paths[prefix]; ok {
				return r
			}
			if prefix == "" {
				break
			}
		}
	}
	return nil
}

// cut returns how much of a path can be a prefix, by whole segments, so that a
// long path costs no more than the routes do.
func (h *hostRoutes) cut(path string) int {
	if len(path) <= h.longest {
		return len(path)
	}
	return strings.LastIndexByte(path[:h.longest+1], '/')
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
