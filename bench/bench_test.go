package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestQuick checks that every library can be configured, probed and run in
// every scenario. It ignores times.
func TestQuick(t *testing.T) {
	args := []string{"-quick"}
	if testing.Short() {
		args = append(args, "-run", "actual-1$|preflight-5h$", "-heap=false")
	}
	var stdout, stderr bytes.Buffer
	if status := run(args, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d:\n%s", status, stderr.String())
	}
	for _, want := range []string{"| actual-1 |", "| fresh-actual-1 |", "| fresh-preflight-5h |", "| corsac relative to jub0bs |"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
}

// TestMerge combines the measurements of two processes.
func TestMerge(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"-quick", "-raw", "-run", "actual-1$"}, &stdout, &stderr); status != 0 {
		t.Fatalf("status %d:\n%s", status, stderr.String())
	}
	var a, b []row
	for _, rows := range []*[]row{&a, &b} {
		if err := json.Unmarshal(stdout.Bytes(), rows); err != nil {
			t.Fatal(err)
		}
	}
	want := a[0].Results[0]
	b[0].Results[0].Best /= 2
	a[0].merge(b[0])
	got := a[0].Results[0]
	if got.Best != want.Best/2 || got.Ratio != want.Ratio || len(got.Ratios) != 2*len(want.Ratios) || got.Allocs != want.Allocs {
		t.Errorf("%+v and itself, twice as fast, are %+v", want, got)
	}
}

const answersOptions = "does not pass an OPTIONS request that is not a preflight to the application"

// TestProbes checks that the two libraries that claim to check everything do
// so, and that the probe finds the known faults of others.
func TestProbes(t *testing.T) {
	known := map[string]map[string]string{
		"gorilla": {
			"actual-1":                "does not send Vary: Origin",
			"evil-origin-64k-dots":    "reflects the hostile value",
			"preflight-5h":            answersOptions,
			"preflight-denied-origin": answersOptions,
			"evil-acrh-64k-commas":    answersOptions,
		},
		"gin": {
			"nonCORS":                 "does not send Vary: Origin",
			"preflight-5h":            answersOptions,
			"preflight-denied-method": answersOptions,
		},
		"rs":    {"evil-origin-64k-dots": "reflects the hostile value", "preflight-5h": "", "preflight-denied-origin": ""},
		"chi":   {"preflight-5h": "", "preflight-denied-origin": ""},
		"echo":  {"preflight-5h": "", "preflight-denied-origin": ""},
		"fiber": {"preflight-5h": "", "preflight-denied-origin": ""},
	}
	for _, s := range scenarios(1_000) {
		for _, p := range peers() {
			want, ok := known[p.name][s.name]
			strict := p.name == ours || p.name == reference
			if !ok && !strict {
				continue
			}
			got, err := probe(p, &s)
			if err != nil {
				t.Fatalf("%s, %s: %v", p.name, s.name, err)
			}
			if got.Fails != want {
				t.Errorf("%s, %s: %q, want %q", p.name, s.name, got.Fails, want)
			}
			if strict && got.Shares {
				t.Errorf("%s, %s: shares header values between responses", p.name, s.name)
			}
		}
	}
}

// TestProbeBites breaks the library in several ways, which the probe must find.
func TestProbeBites(t *testing.T) {
	list := scenarios(1_000)
	find := func(name string) *scenario {
		for i := range list {
			if list[i].name == name {
				return &list[i]
			}
		}
		t.Fatalf("no scenario %q", name)
		return nil
	}
	for _, c := range []struct {
		scenario string
		change   func(*policy)
		want     string
	}{
		{"actual-1", func(p *policy) { p.origins = []string{"https://other.example.com"} }, "makes browsers refuse what should be allowed"},
		{"actual-1", func(p *policy) { p.origins = []string{"*"} }, "does not send Vary: Origin"},
		{"denied-1", func(p *policy) { p.origins = []string{app, stranger} }, "makes browsers allow what should be refused"},
		{"actual-1-cred+expose", func(p *policy) { p.expose = nil }, "makes browsers refuse what should be allowed"},
		{"actual-1-cred+expose", func(p *policy) { p.credentials = false }, "makes browsers refuse what should be allowed"},
		{"actual-wildcard", func(p *policy) { p.origins = []string{"https://app.example.com"} }, "makes browsers refuse what should be allowed"},
		{"preflight-5h", func(p *policy) { p.headers = p.headers[1:] }, "makes browsers refuse what should be allowed"},
		{"preflight-5h", func(p *policy) { p.headers = []string{"*", "Authorization"} }, "makes browsers allow what should be refused"},
		{"preflight-denied-method", func(p *policy) { p.methods = []string{"*"} }, "makes browsers allow what should be refused"},
	} {
		broken := peer{name: "broken", open: func(p policy, next func()) (server, error) {
			c.change(&p)
			return openCorsac(p, next)
		}}
		got, err := probe(broken, find(c.scenario))
		if err != nil {
			t.Fatal(err)
		}
		if got.Fails != c.want {
			t.Errorf("%s: %q, want %q", c.scenario, got.Fails, c.want)
		}
	}
}

// TestProbeBitesOptions puts a gate in front of the library that takes too many
// OPTIONS requests for preflights, or calls the application twice.
func TestProbeBitesOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		gate func(w http.ResponseWriter, r *http.Request, h http.Handler)
		want string
	}{
		{"none", func(w http.ResponseWriter, r *http.Request, h http.Handler) { h.ServeHTTP(w, r) }, ""},
		{"any origin", func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") != "" {
				h.ServeHTTP(w, r)
			}
		}, answersOptions},
		{"strangers", func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			if r.Method != http.MethodOptions || r.Header.Get("Origin") == app {
				h.ServeHTTP(w, r)
			}
		}, answersOptions},
		{"twice", func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			h.ServeHTTP(w, r)
			h.ServeHTTP(w, r)
		}, answersOptions},
	} {
		gated := peer{name: "gated", open: func(p policy, next func()) (server, error) {
			inner, err := openCorsac(p, next)
			if err != nil {
				return nil, err
			}
			h := inner.(*served).handler
			return &served{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.gate(w, r, h) })}, nil
		}}
		for _, s := range scenarios(1_000) {
			if s.name != "preflight-denied-origin" {
				continue
			}
			got, err := probe(gated, &s)
			if err != nil {
				t.Fatal(err)
			}
			if got.Fails != c.want {
				t.Errorf("%s: %q, want %q", c.name, got.Fails, c.want)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"-no-such-flag"}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "make bench-go") {
		t.Errorf("status %d: %s", status, stderr.String())
	}
	if status := run([]string{"-run", "("}, &stdout, &stderr); status != 2 {
		t.Errorf("status %d for a bad expression", status)
	}
}
