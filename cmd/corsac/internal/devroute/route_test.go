package devroute

import (
	"strings"
	"testing"
	"time"
)

func TestParseAPI(t *testing.T) {
	for s, want := range map[string]Route{
		":8080":                  {Upstream: "http://localhost:8080"},
		"8080":                   {Upstream: "http://localhost:8080"},
		"localhost:8080/base":    {Upstream: "http://localhost:8080/base"},
		"/v1=https://a.example":  {Path: "/v1", Upstream: "https://a.example"},
		"/v1=:8080,strip-prefix": {Path: "/v1", Upstream: "http://localhost:8080", StripPrefix: true},
		"https://a.example,insecure,private,offline,delay=300ms,fail=503@2.5%": {
			Upstream: "https://a.example", Insecure: true, Private: true,
			Faults: Faults{Delay: 300 * time.Millisecond, Status: 503, Percent: 2.5, Offline: true},
		},
		"/{tenant}=https://{tenant}.staging.example.com": {Path: "/{tenant}", Upstream: "https://{tenant}.staging.example.com"},
	} {
		got, err := ParseAPI(s)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"":                           "is not the URL of a server",
		"example.com":                "is not the URL of a server",
		"/v1":                        "no URL",
		"/v1=":                       "is not the URL of a server",
		":http":                      "is not a URL",
		":99999":                     "from 1 to 65535",
		"ftp://a.example":            "http or https",
		"ws://a.example":             "write http://a.example",
		"http://u:p@a.example":       "leave them out",
		"http://a.example?x":         "without",
		"http://":                    "no host",
		":8080,strip":                `"strip" is not an option`,
		":8080,insecure=1":           "is not an option",
		":8080,delay=fast":           "delay=300ms",
		":8080,fail=50@10%":          "status",
		":8080,fail=500@0%":          "percentage",
		":8080,fail=500@NaN%":        "percentage",
		"https://{x}":                "must not choose",
		"https://{x}.com":            "must not choose",
		"https://{x}.co.uk:8443":     "must not choose",
		"https://{x}.github.io/base": "must not choose",
		"https://a.{x}example.com":   "must not choose",
	} {
		if got, err := ParseAPI(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for _, c := range []struct {
		delay, fail string
		offline     bool
		want        string // as text
	}{
		{"", "", false, ""},
		{"0", "", false, ""},
		{"1.5s", "500@10%", true, "delay 1.5s, fail 500@10%, offline"},
		{"10m", "404", false, "delay 10m0s, fail 404"},
	} {
		f, err := ParseFaults(c.delay, c.fail, c.offline)
		if err != nil || f.String() != c.want {
			t.Errorf("%q, %q: %q, %v", c.delay, c.fail, f, err)
		}
	}
	for _, c := range [][2]string{{"10m1s", ""}, {"-1ms", ""}, {"9999999h", ""}, {"x", ""}, {"", "x"}, {"", "500@"}} {
		if f, err := ParseFaults(c[0], c[1], false); err == nil {
			t.Errorf("%q: %q", c, f)
		}
	}
}

func TestFail(t *testing.T) {
	for _, s := range []string{"500", "503@10%", "404@0.5%"} {
		status, percent, err := ParseFail(s)
		if got := (Faults{Status: status, Percent: percent}).Fail(); err != nil || got != s {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	mock := &Mock{File: "users.json"}
	for _, r := range []Route{
		{Upstream: "http://localhost:8080"},
		{Path: "/api/", Host: "*.localhost", Upstream: "http://localhost:8080"},
		{Path: "/a/{id}", Host: "{tenant}.localhost", Upstream: "https://{tenant}.staging.example.com/{id}"},
		{Path: "/users", Mock: mock},
		{Upstream: "http://localhost:8080", Mode: Enforce, Policy: "app"},
	} {
		if wrong := r.Check(); len(wrong) > 0 {
			t.Errorf("%+v: %v", r, wrong)
		}
	}
	for want, r := range map[string]Route{
		"path":     {Path: "api", Mock: mock},
		"host":     {Host: "localhost:3000", Mock: mock},
		"upstream": {},
		"mode":     {Mock: mock, Mode: "cors"},
		"policy":   {Mock: mock, Mode: Enforce},

		"path host upstream mode": {Path: "api", Host: "a:1", Upstream: "x", Mode: "cors", Policy: "app"},
	} {
		if got := wrongFields(r); got != want {
			t.Errorf("%+v: %s", r, got)
		}
	}
	for _, path := range []string{"/a//b", "/a/../b", "/%2e%2e", "/a?b", "/a{id}", "/{id", "/{1}", "/a b", "/%2F", `/a\b`, "/*", "/%"} {
		r := Route{Path: path, Mock: mock}
		if got := wrongFields(r); got != "path" {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, host := range []string{"{x}", "www.{x}", "a..b", "a:1", "*"} {
		r := Route{Host: host, Mock: mock}
		if got := wrongFields(r); got != "host" {
			t.Errorf("%s: %s", host, got)
		}
	}
	twice := Route{Path: "/{a}", Host: "{a}.localhost", Mock: mock}
	if got := wrongFields(twice); got != "path" {
		t.Errorf("one name stands for two things: %s", got)
	}
	unknown := Route{Path: "/{a}", Upstream: "http://localhost:8080/{b}"}
	if got := wrongFields(unknown); got != "upstream" {
		t.Error(got)
	}
}

// wrongFields returns the fields of a route that are wrong.
func wrongFields(r Route) string {
	var fields []string
	for _, wrong := range r.Check() {
		fields = append(fields, wrong.Field)
	}
	return strings.Join(fields, " ")
}
