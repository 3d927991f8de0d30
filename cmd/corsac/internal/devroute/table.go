package devroute

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/pathread"
)

// Table finds the route of a request. It is safe for concurrent use.
type Table struct {
	rows    []row
	uniform bool // all requests are handled in the same way
}

// row is a route, taken apart.
type row struct {
	index    int
	route    *Route
	host     []string // labels; nil for every host
	wild     bool     // more labels may come first
	segments []string
}

// Match is the route of a request.
type Match struct {
	Route *Route
	Index int // among the routes of [NewTable]
	// Upstream is the URL of the server, with the names filled in.
	Upstream string
	// Prefix is as much of the escaped path as the route's path takes, without a
	// final slash.
	Prefix string
	// Ambiguous says that servers may read the path as that of a route with another
	// mode or policy, or as one outside of the path of Upstream.
	Ambiguous bool
}

// NewTable returns a table of routes that [Route.Check] has found right. Of two
// that take the same requests, the first counts.
func NewTable(routes []Route) *Table {
	t := &Table{}
	for i := range routes {
		r := row{index: i, route: &routes[i], segments: segmentsOf(pathread.DecodeSegments(routes[i].Path))}
		if host := strings.ToLower(strings.TrimSuffix(routes[i].Host, ".")); host != "" {
			host, r.wild = strings.CutPrefix(host, "*.")
			r.host = strings.Split(host, ".")
		}
		t.rows = append(t.rows, r)
	}
	slices.SortStableFunc(t.rows, func(a, b row) int {
		return cmp.Or(
			cmp.Compare(len(b.host), len(a.host)), compareWild(a.wild, b.wild), compareNames(a.host, b.host),
			cmp.Compare(len(b.segments), len(a.segments)), compareNames(a.segments, b.segments))
	})
	t.uniform = t.isUniform()
	return t
}

func compareWild(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareNames sorts what is fixed before what is not, from the left.
func compareNames(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if c := compareWild(isName(a[i]), isName(b[i])); c != 0 {
			return c
		}
	}
	return 0
}

func isName(part string) bool { return strings.HasPrefix(part, "{") }

// segmentsOf returns the segments of a path without its final slashes.
func segmentsOf(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// Find returns the route of an escaped path on a host, which has neither port nor
// final dot, or false.
func (t *Table) Find(host, path string) (Match, bool) {
	host = strings.ToLower(host)
	decoded := pathread.DecodeSegments(path)
	row, values, ok := t.find(host, decoded, equal)
	if !ok {
		return Match{}, false
	}
	m := Match{Route: row.route, Index: row.index, Upstream: row.route.Upstream, Prefix: prefix(path, len(row.segments))}
	for name, value := range values {
		m.Upstream = strings.ReplaceAll(m.Upstream, name, value)
	}
	leadsTo := func(same func(a, b string) bool) func(string) bool {
		return func(reading string) bool {
			other, _, ok := t.find(host, reading, same)
			return ok && other.route.handling() == row.route.handling()
		}
	}
	_, afterHost, _ := strings.Cut(m.Upstream, "://")
	_, base, _ := strings.Cut(afterHost, "/")
	m.Ambiguous = !pathread.Routing{
		Uniform: t.uniform,
		Exact:   leadsTo(equal),
		Folded:  leadsTo(strings.EqualFold),
		Folds:   func(string) bool { return !t.uniform },
	}.Settled(path, base != "" || row.route.StripPrefix)
	return m, true
}

func equal(a, b string) bool { return a == b }

// handling returns the same for routes on which requests are handled in the same way.
func (r *Route) handling() [2]string { return [2]string{string(cmp.Or(r.Mode, SameOrigin)), r.Policy} }

// isUniform reports whether all requests are handled in the same way.
func (t *Table) isUniform() bool {
	for _, r := range t.rows {
		if r.route.handling() != t.rows[0].route.handling() {
			return false
		}
	}
	last := len(t.rows) - 1
	return last >= 0 && t.rows[last].host == nil && t.rows[last].segments == nil
}

// find returns the first row that takes a decoded path on a host, with the values
// of its names. Segments are compared with same.
func (t *Table) find(host, path string, same func(a, b string) bool) (row, map[string]string, bool) {
	if !strings.HasPrefix(path, "/") {
		return row{}, nil, false
	}
	segments := strings.Split(path[1:], "/")
	labels := strings.Split(host, ".")
	for _, r := range t.rows {
		if values, ok := r.match(labels, segments, same); ok {
			return r, values, true
		}
	}
	return row{}, nil, false
}

// match returns the values of the names of a row, if it takes a request.
func (r *row) match(labels, segments []string, same func(a, b string) bool) (map[string]string, bool) {
	if r.host != nil {
		more := len(labels) - len(r.host)
		if more < 0 || r.wild != (more > 0) {
			return nil, false
		}
		labels = labels[more:]
	}
	if len(segments) < len(r.segments) {
		return nil, false
	}
	var values map[string]string
	take := func(part, value string, isValue func(string) bool, same func(a, b string) bool) bool {
		if !isName(part) {
			return same(part, value)
		}
		if !isValue(value) {
			return false
		}
		if values == nil {
			values = map[string]string{}
		}
		values[part] = value
		return true
	}
	for i, part := range r.host {
		if !take(part, labels[i], isLabel, equal) {
			return nil, false
		}
	}
	for i, part := range r.segments {
		if !take(part, segments[i], isPlainSegment, same) {
			return nil, false
		}
	}
	return values, true
}

// isLabel reports whether s is a label of a host name.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" && s[0] != '-' && s[len(s)-1] != '-'
}

// isPlainSegment reports whether s may be put into a URL as a segment, or a label:
// no server reads anything else in it.
func isPlainSegment(s string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~"
	return s != "" && strings.Trim(s, plain+".") == "" && strings.Trim(s, ".") != ""
}

// prefix returns the first n segments of an escaped path.
func prefix(path string, n int) string {
	end := 0
	for range n {
		next := strings.IndexByte(path[end+1:], '/')
		if next < 0 {
			return path
		}
		end += 1 + next
	}
	return path[:end]
}
