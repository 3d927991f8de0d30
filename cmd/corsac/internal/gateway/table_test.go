package gateway

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/pathread"
)

// newTable returns a table of routes, each "host/path". Routes with the same
// first letter after "policy=" share a policy.
func newTable(specs ...string) *table {
	t := new(table)
	policies := map[string]*cors.Middleware{}
	for _, spec := range specs {
		spec, policy, _ := strings.Cut(spec, " ")
		if policies[policy] == nil {
			policies[policy] = new(cors.Middleware)
		}
		host, path, _ := strings.Cut(spec, "/")
		t.add(&route{host: host, path: "/" + path, server: new(forward.Server), main: announced{policy: policies[policy]}})
	}
	t.sort()
	return t
}

// TestFind checks which route is found, and that [config.Config.PolicyAt] agrees.
func TestFind(t *testing.T) {
	specs := []string{
		"/ A", "/api/ B", "/api/v2 B", "/caf\xc3\xa9 B", "/100%25 B",
		"a.example/ C", "a.example/only C", "*.example/ D", "*.example/wild/x D", "*.b.example/wild D", "[::1]/ C",
	}
	table := newTable(specs...)
	var c config.Config
	for _, spec := range specs {
		name, _, _ := strings.Cut(spec, " ")
		host, path, _ := strings.Cut(name, "/")
		c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Host: host, Path: "/" + path, Policy: name})
	}
	for _, tt := range []struct{ host, path, want string }{
		{"x", "/", "/"},
		{"x", "/other", "/"},
		{"x", "/api", "/api/"},
		{"x", "/api/", "/api/"},
		{"x", "/api/x", "/api/"},
		{"x", "/apix", "/"},
		{"x", "/api/v2", "/api/v2"},
		{"x", "/api/v2/x/y", "/api/v2"},
		{"x", "/api/v22", "/api/"},
		{"x", "/api/v2//x", "/api/v2"},
		{"x", "/api/x%2Fy", "/api/"},
		{"x", "/api/v2%2Fx", "/api/"},
		{"x", "/caf%C3%A9/x", "/caf\xc3\xa9"},
		{"x", "/caf\xc3\xa9/x", "/caf\xc3\xa9"},
		{"x", "/100%25/x", "/100%25"},
		{"x", "/api/../api/x", "/api/"},
		{"x", "/api/x/..", "/api/"},
		{"x:80", "/api", "/api/"},
		{"a.example", "/api", "a.example/"},
		{"A.Example.:8080", "/only", "a.example/only"},
		{"c.example", "/x", "*.example/"},
		{"d.c.example", "/x", "*.example/"},
		{"c.b.example", "/wild/x", "*.b.example/wild"},
		{"c.example", "/wild/x", "*.example/wild/x"},
		{"c.b.example", "/x", "*.example/"},
		{"example", "/x", "/"},
		{".example", "/x", "/"},
		{"evilexample", "/x", "/"},
		{"[::1]:80", "/", "[::1]/"},
		{"[::1]", "/", "[::1]/"},
	} {
		r, ambiguous := table.find(tt.host, tt.path)
		if r == nil || ambiguous || r.host+r.path != tt.want {
			t.Errorf("%s%s: route %v, ambiguous: %t, want %s", tt.host, tt.path, r, ambiguous, tt.want)
		}
		if got := c.PolicyAt(canonicalHost(tt.host), tt.path); got != tt.want {
			t.Errorf("%s%s: PolicyAt says %s, want %s", tt.host, tt.path, got, tt.want)
		}
	}
}

// TestExact checks routes of one path, which come before those of prefixes.
func TestExact(t *testing.T) {
	type spec struct {
		path  string
		exact bool
	}
	specs := []spec{{"/", false}, {"/api", false}, {"/api", true}, {"/api/", true}, {"/Case", true}, {"/caf\xc3\xa9", true}, {"/deep/x", false}, {"/deep", true}}
	table := new(table)
	var c config.Config
	for _, s := range specs {
		table.add(&route{path: s.path, exact: s.exact, server: new(forward.Server), main: announced{policy: new(cors.Middleware)}})
		c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: s.path, Exact: s.exact, Policy: policyOf(s.path, s.exact)})
	}
	table.sort()
	for _, tt := range []struct{ path, want string }{
		{"/api", "/api exactly"},
		{"/api/", "/api/ exactly"},
		{"/api/x", "/api"},
		{"/apix", "/"},
		{"/Case", "/Case exactly"},
		{"/Case/x", "/"},
		{"/caf%C3%A9", "/caf\xc3\xa9 exactly"},
		{"/deep", "/deep exactly"},
		{"/deep/x/y", "/deep/x"},
		{"/deep/y", "/"},
	} {
		r, ambiguous := table.find("x", tt.path)
		if r == nil || ambiguous || policyOf(r.path, r.exact) != tt.want {
			t.Errorf("%s: route %+v, ambiguous: %t, want %s", tt.path, r, ambiguous, tt.want)
		}
		if got := c.PolicyAt("", tt.path); got != tt.want {
			t.Errorf("%s: PolicyAt says %s, want %s", tt.path, got, tt.want)
		}
	}
	// The last are those of servers that ignore a slash at the end.
	for _, path := range []string{"/case", "/x/../api", "/api/.", "//api", "/%61pi/x", "/api;x", "/API", "/deep/../api", "/Case/", "/case/", "/deep/", "/deep/.", "//deep/", "/caf%C3%A9/"} {
		if r, ambiguous := table.find("x", path); !ambiguous {
			t.Errorf("%s: taken for %+v", path, r)
		}
	}
}

func policyOf(path string, exact bool) string {
	if exact {
		path += " exactly"
	}
	return path
}

// TestAmbiguous checks that no reading of a path leads to another policy than
// its own.
func TestAmbiguous(t *testing.T) {
	table := newTable("/ A", "/admin B", "/admin/open A", "/same A")
	for _, path := range []string{
		"/same/../admin", "/x/../admin/x", "/x/%2e%2e/admin", "/x/..%2Fadmin", "/x%2F..%2Fadmin", "/..%2fx/../admin",
		"//admin", "/%2Fadmin", "/./admin", "/.%2fadmin", `/x\..\admin`, "/x/..%5cadmin", "/;/admin", "/admin;x/y",
		"/x/..;/admin", "/x/..;a=b/admin", "/%2561dmin", "/%252561dmin", "/x/%252e%252e/admin", "/x/..%252fadmin",
		"/ADMIN/x", "/Admin", "/%61dmin/x", "/admin./x", "/admin%20", "/admin%00x", "/admin%3fx", "/admin%23x", `/x\..%5cadmin`,
		"/same/a%5cb%2f..%2f..%2f..%2fadmin/x", "/same/a%2fb/../;/..;x%2f../admin/x",
		"/admin/..", "/admin/%2e%2e/same", "/admin/..;/x", "/admin%2F..", "/admin/open/..", "/admin/open%2F..%2Fx", "/admin/x/..%2fopen",
	} {
		if r, ambiguous := table.find("x", path); !ambiguous {
			t.Errorf("%s: taken for %v", path, r)
		}
	}
	for _, path := range []string{
		"/", "/x//y", "/same/../x", "/admin//x", "/admin/x%2Fy", "/admin/./x", "/admin/x/../y", "/x;y", "/same/..%2f..%2fx",
		"/x%2Fadmin", "/admin/%25", "/x/..", "/...", "/x/...", "/.well-known/x", "/admin/.hidden", "/100%2525",
	} {
		if r, ambiguous := table.find("x", path); ambiguous {
			t.Errorf("%s: refused, for %v", path, r)
		}
	}
	only := newTable("/api A")
	for _, path := range []string{"/api/..", "/api/../x", "/api/%2e%2e%2fx", "/api/..;/"} {
		if _, ambiguous := only.find("x", path); !ambiguous {
			t.Errorf("%s: leaves its route", path)
		}
	}
	only = newTable("/ A")
	based, err := forward.New(&url.URL{Scheme: "http", Host: "x", Path: "/base"}, forward.Options{})
	if err != nil {
		t.Fatal(err)
	}
	only.first.server = based
	for path, want := range map[string]bool{"/..": true, "/x/../..": true, "/..%2f": true, "/x/..": false, "//": false} {
		if _, ambiguous := only.find("x", path); ambiguous != want {
			t.Errorf("%s: leaves the base of the upstream: %t, want %t", path, ambiguous, want)
		}
	}
}

// TestFindLongPath checks that the cost of a path is at most proportional to
// its length.
func TestFindLongPath(t *testing.T) {
	table := newTable("/ A", "/a/a/a B", "a.example/b C")
	for _, path := range []string{strings.Repeat("/a", 1<<18), strings.Repeat("/%61", 1<<17), strings.Repeat("/..", 1<<17), strings.Repeat("/", 1<<19)} {
		begin := time.Now()
		table.find("a.example", path)
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s…: %v", path[:8], took)
		}
	}
}

// naive is table.match in the simplest form.
func naive(routes []*route, host, path string) (best *route) {
	rank := func(r *route) [3]int {
		exact, wild := 0, 0
		switch {
		case strings.HasPrefix(r.host, "*."):
			wild = len(r.host)
		case r.host != "":
			exact = 1
		}
		return [3]int{exact, wild, len(naiveSegments(strings.TrimRight(r.path, "/")))}
	}
	for _, r := range routes {
		hostOK := r.host == "" || strings.EqualFold(r.host, host) ||
			strings.HasPrefix(r.host, "*.") && strings.HasSuffix(host, r.host[1:]) && host != r.host[1:]
		prefix, segments := naiveSegments(strings.TrimRight(r.path, "/")), naiveSegments(path)
		pathOK := len(prefix) <= len(segments)
		for i := 0; pathOK && i < len(prefix); i++ {
			pathOK = prefix[i] == segments[i]
		}
		if !hostOK || !pathOK {
			continue
		}
		if best == nil {
			best = r
			continue
		}
		a, b := rank(r), rank(best)
		for i := range a {
			if a[i] != b[i] {
				if a[i] > b[i] {
					best = r
				}
				break
			}
		}
	}
	return best
}

func naiveSegments(path string) (segments []string) {
	for s := range strings.SplitSeq(path, "/") {
		if decoded, err := url.PathUnescape(s); err == nil {
			s = decoded
		}
		segments = append(segments, s)
	}
	return segments
}

func FuzzMatch(f *testing.F) {
	f.Add("/", "/api/", "a.example/api", "a.example", "/api/x")
	f.Add("*.example/", "*.b.example/x", "/x/y", "a.b.example", "/x/y/z")
	f.Add("/a%20b", "/a", "/a/b/c", "x", "/a%20b/%2F")
	f.Add("/%25", "/%2525", "/", "x", "/%25/x")
	f.Fuzz(func(t *testing.T, a, b, c, host, path string) {
		path = "/" + path
		if strings.ContainsAny(host, ":[]") || strings.ToLower(host) != host || strings.HasSuffix(host, ".") {
			return
		}
		if _, err := url.PathUnescape(path); err != nil {
			return // net/http refuses it
		}
		var routes []*route
		table := new(table)
		for _, spec := range []string{a, b, c} {
			h, p, _ := strings.Cut(spec, "/")
			if _, err := url.PathUnescape(p); err != nil || canonicalHost(h) != h || strings.HasPrefix(h, "*") != strings.HasPrefix(h, "*.") {
				return
			}
			r := &route{host: h, path: "/" + p, server: new(forward.Server), main: announced{policy: new(cors.Middleware)}}
			routes = append(routes, r)
			table.add(r)
		}
		table.sort()
		got, want := table.match(host, pathread.DecodeSegments(path), (*paths).match), naive(routes, host, path)
		if got != want {
			t.Errorf("%q on %q: %+v, want %+v", path, host, got, want)
		}
		if r, _ := table.find(host, path); r != got {
			t.Errorf("find and match differ for %q on %q", path, host)
		}
	})
}
