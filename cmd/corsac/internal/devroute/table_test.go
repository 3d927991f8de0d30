package devroute

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// at returns what a table does with a request, in one line.
func at(table *Table, host, path string) string {
	m, ok := table.Find(host, path)
	switch {
	case !ok:
		return "none"
	case m.Ambiguous:
		return "ambiguous"
	}
	return m.Upstream + " " + m.Prefix
}

func TestFind(t *testing.T) {
	table := NewTable([]Route{
		{Upstream: "web"},
		{Path: "/api/", Upstream: "api"},
		{Path: "/api/{id}/avatar", Upstream: "avatars/{id}", StripPrefix: true},
		{Path: "/api/me/avatar", Upstream: "me"},
		{Host: "Admin.localhost", Upstream: "admin"},
		{Host: "{tenant}.localhost", Upstream: "{tenant}.example"},
		{Host: "*.localhost", Path: "/deep", Upstream: "deep"},
	})
	for _, c := range []struct{ host, path, want string }{
		{"localhost", "/", "web "},
		{"localhost", "/apifoo", "web "},
		{"localhost", "/api", "api /api"},
		{"localhost", "/api/", "api /api"},
		{"localhost", "/%61pi/x", "api /%61pi"},
		{"localhost", "/api%2Fx", "web "},
		{"localhost", "/api/7/avatar/x", "avatars/7 /api/7/avatar"},
		{"localhost", "/api/me/avatar", "me /api/me/avatar"},
		{"localhost", "/api//avatar", "api /api"},
		{"localhost", "/api/a;b/avatar", "api /api"},
		{"localhost", "/api/../avatar", "api /api"},
		{"admin.localhost", "/x", "admin "},
		{"a.localhost", "/x", "a.example "},
		{"a.b.localhost", "/x", "web "},
		{"a.b.localhost", "/deep/x", "deep /deep"},
		{"a_.localhost", "/", "a_.example "},
		{"-a.localhost", "/", "web "},
		{"localhost", "*", "none"},
	} {
		if got := at(table, c.host, c.path); got != c.want {
			t.Errorf("%s%s: %s, want %s", c.host, c.path, got, c.want)
		}
	}
}

// TestAmbiguous checks that a policy cannot be avoided by another spelling of a
// path, and that it does not matter without one.
func TestAmbiguous(t *testing.T) {
	routes := []Route{{Upstream: "web"}, {Path: "/api", Upstream: "api", Mode: Enforce, Policy: "app"}}
	for path, want := range map[string]string{
		"/x": "web ", "/api/x": "api /api", "/.vite/deps/a.js": "web ", "/x/..%2fapi": "ambiguous", "//api": "ambiguous", "/API": "ambiguous",
		"/api/..%2f..": "ambiguous",
	} {
		if got := at(NewTable(routes), "localhost", path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	routes[1].Mode, routes[1].Policy = "", ""
	if got := at(NewTable(routes), "localhost", "/x/..%2fapi"); got != "web " {
		t.Errorf("without a policy: %s", got)
	}
	routes[1].Mode = SameOrigin // which is the default
	if got := at(NewTable(routes), "localhost", "/API"); got != "web " {
		t.Errorf("with the default mode: %s", got)
	}
	routes[1].StripPrefix = true
	if got := at(NewTable(routes), "localhost", "/api/..%2f.."); got != "ambiguous" {
		t.Errorf("a path leaves its prefix: %s", got)
	}
	if got := at(NewTable(routes[1:]), "localhost", "/x"); got != "none" {
		t.Errorf("no route: %s", got)
	}
}

// TestFindTwin compares a table with the simplest one: the best of all routes that
// take a request, by a score.
func TestFindTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	path := func(parts ...string) string {
		var p strings.Builder
		for range random.IntN(4) {
			p.WriteString("/" + pick(parts...))
		}
		return p.String() + pick("", "/")
	}
	for range 3000 {
		var routes []Route
		for i := range 1 + random.IntN(5) {
			p := path("a", "b", fmt.Sprintf("{n%d}", i))
			if strings.Count(p, "{") > 1 {
				continue
			}
			routes = append(routes, Route{Path: p, Host: pick("", "x.y", "*.y", "{h}.y"), Upstream: fmt.Sprint(i)})
		}
		host, asked := pick("x.y", "z.y", "q.x.y", "y"), path("a", "b", "c", "%61")
		want := -1
		best := ""
		for i, r := range routes {
			if score, ok := score(r, host, asked); ok && score > best {
				want, best = i, score
			}
		}
		m, ok := NewTable(routes).Find(host, asked)
		if ok != (want >= 0) || ok && routes[m.Index].Upstream != routes[want].Upstream {
			t.Fatalf("%+v: %s%s: %d %t, want %d", routes, host, asked, m.Index, ok, want)
		}
	}
}

// score returns how well a route takes a request; more is greater.
func score(r Route, host, path string) (string, bool) {
	path, _ = url.PathUnescape(path)
	if path == "" || path[0] != '/' {
		return "", false
	}
	score := ""
	switch labels := strings.Split(host, "."); {
	case r.Host == "":
		score = "0"
	case r.Host == "*.y" && len(labels) > 1 && strings.HasSuffix(host, ".y"):
		score = "1"
	case r.Host == "{h}.y" && len(labels) == 2 && labels[1] == "y":
		score = "2"
	case r.Host == host:
		score = "3"
	default:
		return "", false
	}
	segments := strings.Split(path[1:], "/")
	wanted := strings.FieldsFunc(r.Path, func(c rune) bool { return c == '/' })
	if len(wanted) > len(segments) {
		return "", false
	}
	score += fmt.Sprint(len(wanted))
	for i, w := range wanted {
		switch {
		case w[0] == '{' && segments[i] != "":
			score += "0"
		case w == segments[i]:
			score += "1"
		default:
			return "", false
		}
	}
	return score, true
}
