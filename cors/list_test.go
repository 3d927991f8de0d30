package cors_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

// threeTiers gives different origins different rights.
func threeTiers() []cors.Policy {
	return []cors.Policy{
		{AllowOrigins: []string{app}, AllowMethods: []string{"PUT", "DELETE"}, AllowCredentials: true},
		{AllowOrigins: []string{"https://*.example.org", app}, AllowMethods: []string{"PUT"}, ExposeHeaders: []string{"X-Partner"}},
		{AllowOrigins: []string{"*"}},
	}
}

func TestPolicyList(t *testing.T) {
	list := threeTiers()
	m, err := cors.New(list[0], list[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, from string
		asked              string // the method of a preflight
		policy, status     int
		want               string
	}{
		{"none", "GET", "", "", 0, 200, "Vary: Origin"},
		{"first", "GET", app, "", 0, 200, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"second", "GET", "https://a.example.org", "", 1, 200, "Access-Control-Allow-Origin: https://a.example.org\nAccess-Control-Expose-Headers: x-partner\nVary: Origin"},
		{"last", "GET", evil, "", 2, 200, "Access-Control-Allow-Origin: *\nVary: Origin"},
		{"last, whatever it is", "GET", strings.Repeat("a", 1000), "", 2, 200, "Access-Control-Allow-Origin: *\nVary: Origin"},
		{"first may", "OPTIONS", app, "DELETE", 0, 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: DELETE,PUT\nAccess-Control-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"second may not", "OPTIONS", "https://a.example.org", "DELETE", 1, 403, ""},
		{"last may not", "OPTIONS", evil, "PUT", 2, 403, ""},
		{"last may", "OPTIONS", evil, "POST", 2, 204, "Access-Control-Allow-Origin: *\nVary: Origin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(c.method)
			if c.from != "" {
				r.Header.Set("Origin", c.from)
			}
			if c.asked != "" {
				r.Header.Set("Access-Control-Request-Method", c.asked)
			}
			w := serve(m.Wrap(ok), r)
			if got := lines(w.Header()); got != c.want || w.Code != c.status {
				t.Errorf("status %d, headers:\n%s\nwant %d:\n%s", w.Code, got, c.status, c.want)
			}
			if d := m.Decide(r); d.Policy != c.policy {
				t.Errorf("policy %d decided, want %d", d.Policy, c.policy)
			}
		})
	}
	if got := m.Policies(); len(got) != 3 || got[2].AllowOrigins[0] != "*" {
		t.Errorf("the policies read back as %+v", got)
	}
}

// TestEarlyOuts checks that the short cuts for the first origin and for lengths
// do not refuse what another entry or policy allows.
func TestEarlyOuts(t *testing.T) {
	const other = "https://a-much-longer-name.example.com"
	long := strings.Repeat("a", 1<<16)
	longest := "https://" + strings.Repeat(strings.Repeat("a", 62)+".", 4) + "b:8443"
	one := cors.Policy{AllowOrigins: []string{app}}
	for _, c := range []struct {
		name             string
		policies         []cors.Policy
		allowed, refused []string
	}{
		{"one", []cors.Policy{one}, []string{app}, []string{"", other, "https://b.example", "null", app + "/", long}},
		{"one and null", []cors.Policy{{AllowOrigins: []string{app, "null"}, DangerouslyAllowNullOrigin: true}}, []string{app, "null"}, []string{"", other, long}},
		{"two", []cors.Policy{{AllowOrigins: []string{app, longest}}}, []string{app, longest}, []string{"", other, longest + "0"}},
		{"a pattern", []cors.Policy{{AllowOrigins: []string{app, "https://*.example.com"}}}, []string{app, other}, []string{"", "null", evil}},
		{"a regexp", []cors.Policy{{AllowOrigins: []string{app}, DangerouslyAllowOriginRegexps: []string{".*name.*"}}}, []string{app, other}, []string{"", evil, long}},
		{"two policies", []cors.Policy{one, {AllowOrigins: []string{other}}}, []string{app, other}, []string{"", evil, long}},
		{"one, then all", []cors.Policy{one, {AllowOrigins: []string{"*"}}}, []string{app, other, "null", long}, nil},
		{"all", []cors.Policy{{AllowOrigins: []string{"*"}}}, []string{app, "null", long}, nil},
	} {
		m, err := cors.New(c.policies[0], c.policies[1:]...)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for i, from := range append(c.allowed, c.refused...) {
			if d := m.Decide(request("GET", "Origin", from)); d.Allowed != (i < len(c.allowed)) {
				t.Errorf("%s: %.60q: %.100v", c.name, from, d)
			}
		}
	}
}

func TestPolicyListErrors(t *testing.T) {
	_, err := cors.New(cors.Policy{AllowOrigins: []string{"*"}}, cors.Policy{AllowOrigins: []string{app + "/"}}, cors.Policy{})
	want := `AllowOrigins[0]: "*": it allows every origin, so that the policies after it are never used; give this policy last
policy 2: AllowOrigins[0]: "https://app.example.com/": an origin has no slash at its end; write "https://app.example.com"
policy 3: AllowOrigins: the policy allows no origin; list the origins of your pages, such as "https://app.example.com"`
	if err == nil {
		t.Fatal("no error")
	}
	diffLines(t, err.Error(), want)
	var all cors.ConfigErrors
	if !errors.As(err, &all) || all[1].Policy != 1 {
		t.Errorf("%+v", all)
	}
}

func TestTimingAndResourcePolicy(t *testing.T) {
	p := cors.Policy{AllowOrigins: []string{app}, AllowTiming: true, ResourcePolicy: "same-site"}
	anyone := cors.Policy{AllowOrigins: []string{"*"}, AllowTiming: true, ResourcePolicy: "cross-origin"}
	for _, c := range []struct {
		name, from string
		policy     cors.Policy
		want       string
	}{
		{"allowed", app, p, "Access-Control-Allow-Origin: https://app.example.com\nCross-Origin-Resource-Policy: same-site\nTiming-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"refused", evil, p, "Cross-Origin-Resource-Policy: same-site\nVary: Origin"},
		{"no origin", "", p, "Cross-Origin-Resource-Policy: same-site\nVary: Origin"},
		{"any", evil, anyone, "Access-Control-Allow-Origin: *\nCross-Origin-Resource-Policy: cross-origin\nTiming-Allow-Origin: *"},
		{"any, no origin", "", anyone, "Access-Control-Allow-Origin: *\nCross-Origin-Resource-Policy: cross-origin\nTiming-Allow-Origin: *"},
	} {
		r := request("GET")
		if c.from != "" {
			r.Header.Set("Origin", c.from)
		}
		if got := lines(serve(mustNew(t, c.policy).Wrap(ok), r).Header()); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	if got := lines(serve(mustNew(t, p).Wrap(ok), preflight(app, "GET")).Header()); got != "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin" {
		t.Errorf("preflight:\n%s", got)
	}
	for _, bad := range []string{"same_site", "Same-Site", "*"} {
		_, err := cors.New(cors.Policy{AllowOrigins: []string{app}, ResourcePolicy: bad})
		var e *cors.ConfigError
		if !errors.As(err, &e) || e.Code != cors.CodeResourcePolicyInvalid || e.Field != "resource_policy" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n := allocations(mustNew(t, p).Wrap(ok), request("GET", "Origin", app)); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}
