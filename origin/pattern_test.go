package origin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/origin"
)

func TestParsePattern(t *testing.T) {
	for _, c := range []struct {
		in         string
		code       origin.Code
		suggestion string
	}{
		{in: "https://example.com"},
		{in: "https://*.example.com"},
		{in: "https://*.example.com:8443"},
		{in: "https://*.example.com:*"},
		{in: "https://*.example.com."},
		{in: "http://localhost:*"},
		{in: "http://*.localhost:*"},
		{in: "http://127.0.0.1:*"},
		{in: "http://[::1]:*"},
		{in: "https://*.com"},
		{in: "myapp://*.x"},
		{in: "moz-extension://*"},
		{in: "chrome-extension://*"},
		{in: "safari-web-extension://*"},
		{in: "moz-extension://*:*", code: origin.CodeWildcard},
		{in: "moz-extension://a*", code: origin.CodeWildcard},
		{in: "app://*", code: origin.CodeWildcard},
		{in: "extension://*", code: origin.CodeWildcard},
		{in: "moz-extension://*/", code: origin.CodeWildcard},

		{in: "null", code: origin.CodeNull},
		{in: "*", code: origin.CodeWildcard},
		{in: "h*", code: origin.CodeWildcard},
		{in: "https://*", code: origin.CodeWildcard},
		{in: "https://*.", code: origin.CodeWildcard},
		{in: "https://*:8080", code: origin.CodeWildcard},
		{in: "*://example.com", code: origin.CodeWildcard},
		{in: "https://*example.com", code: origin.CodeWildcard},
		{in: "https://api.*.example.com", code: origin.CodeWildcard},
		{in: "https://*.*.example.com", code: origin.CodeWildcard},
		{in: "https://api.*", code: origin.CodeWildcard},
		{in: "https://example.com:8*", code: origin.CodeWildcard},
		{in: "https://example.com:**", code: origin.CodeWildcard},
		{in: "https://*.127.0.0.1", code: origin.CodeWildcard},
		{in: "https://*.1.2.3", code: origin.CodeIPv4},
		{in: "https://*.[::1]", code: origin.CodeWildcard},
		{in: "https://*.example.com:443", code: origin.CodeDefaultPort, suggestion: "https://*.example.com"},
		{in: "https://*.Example.com/", code: origin.CodeUpperCase, suggestion: "https://*.example.com"},
		{in: "https://*.example.com/", code: origin.CodeTrailingSlash, suggestion: "https://*.example.com"},
		{in: "https://*.example.com:*/", code: origin.CodeTrailingSlash, suggestion: "https://*.example.com:*"},
		{in: "*.example.com", code: origin.CodeMissingScheme, suggestion: "https://*.example.com"},
		{in: "localhost:*", code: origin.CodeMissingScheme, suggestion: "http://localhost:*"},
		{in: "https://*.résumé.com", code: origin.CodeUnicode, suggestion: "https://*.xn--rsum-bpad.com"},
		{in: "https://*." + strings.Repeat("a.", 125) + "aa", code: origin.CodeHost},
	} {
		p, err := origin.ParsePattern(c.in)
		if c.code == "" {
			if err != nil || p.String() != c.in {
				t.Errorf("ParsePattern(%q) = %q, %v", c.in, p, err)
			}
			continue
		}
		var e *origin.Error
		if !errors.As(err, &e) {
			t.Errorf("ParsePattern(%q) = %q, %v; want a *origin.Error", c.in, p, err)
		} else if e.Code != c.code || e.Suggestion() != c.suggestion {
			t.Errorf("ParsePattern(%q): code %q, suggestion %q; want %q, %q", c.in, e.Code, e.Suggestion(), c.code, c.suggestion)
		}
	}
}

func mustPatterns(tb testing.TB, ss ...string) []origin.Pattern {
	tb.Helper()
	patterns := make([]origin.Pattern, len(ss))
	for i, s := range ss {
		p, err := origin.ParsePattern(s)
		if err != nil {
			tb.Fatal(err)
		}
		patterns[i] = p
	}
	return patterns
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern string
		in      string
		want    bool
	}{
		{"https://example.com", "https://example.com", true},
		{"https://example.com", "http://example.com", false},
		{"moz-extension://*", "moz-extension://0e4bcb2c-2c0e-4a5b-9a2e-6a7f0d9f6b11", true},
		{"moz-extension://*", "moz-extension://a:80", false},
		{"moz-extension://*", "moz-extension://", false},
		{"moz-extension://*", "moz-extension://a/b", false},
		{"moz-extension://*", "moz-extension://*", false},
		{"moz-extension://*", "chrome-extension://abc", false},
		{"chrome-extension://*", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", true},
		{"chrome-extension://*", "chrome-extension://a b", false},
		{"chrome-extension://*.b", "chrome-extension://a.b", true},
		{"app://*.b", "app://a!.b", false},
		{"app://*.b", "app://..b", false},
		{"app://.:*", "app://.:81", true},
		{"https://example.com", "https://example.com:8443", false},
		{"https://example.com", "https://EXAMPLE.com", false},
		{"https://example.com", "", false},
		{"https://*.example.com", "https://foo.example.com", true},
		{"https://*.example.com", "https://bar.foo.example.com", true},
		{"https://*.example.com", "https://xn--rsum-bpad.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "https://.example.com", false},
		{"https://*.example.com", "https://a..example.com", false},
		{"https://*.example.com", "https://evilexample.com", false},
		{"https://*.example.com", "https://foo.example.com.evil.net", false},
		{"https://*.example.com", "https://foo.example.com.", false},
		{"https://*.example.com", "https://foo.example.com:8443", false},
		{"https://*.example.com", "http://foo.example.com", false},
		{"https://*.example.com", "https://evil.net/.example.com", false},
		{"https://*.example.com", "https://evil.net?.example.com", false},
		{"https://*.example.com", "https://user@foo.example.com", false},
		{"https://*.example.com", "https://FOO.example.com", false},
		{"https://*.example.com", "https://foo.example.com/", false},
		{"https://*.example.com", "https://foo.example.com\x00", false},
		{"https://*.example.com", "https://fo\xffo.example.com", false},
		{"https://*.example.com", "https://*.example.com", false},
		{"https://*.example.com", "https://" + strings.Repeat("a", 64) + ".example.com", false},
		{"https://*.example.com", "https://" + strings.Repeat("a.", 121) + ".example.com", false},
		{"https://*.example.com:*", "https://foo.example.com", true},
		{"https://*.example.com:*", "https://foo.example.com:8443", true},
		{"https://*.example.com:*", "https://foo.example.com:443", false},
		{"https://*.example.com:*", "https://foo.example.com:0", false},
		{"https://*.example.com:*", "https://foo.example.com:", false},
		{"https://*.example.com:*", "https://foo.example.com:80a", false},
		{"https://*.example.com:8443", "https://foo.example.com:8443", true},
		{"https://*.example.com:8443", "https://foo.example.com", false},
		{"http://localhost:*", "http://localhost", true},
		{"http://localhost:*", "http://localhost:3000", true},
		{"http://localhost:*", "http://localhost:80", false},
		{"http://localhost:*", "http://localhost:3000.evil.net", false},
		{"http://localhost:*", "http://localhost.evil.net", false},
		{"http://localhost:*", "http://localhost:*", false},
		{"http://[::1]:*", "http://[::1]:3000", true},
		{"http://[::1]:*", "http://[::2]:3000", false},
	} {
		p := mustPatterns(t, c.pattern)
		if got := p[0].Match(c.in); got != c.want {
			t.Errorf("Match(%s, %q) = %t", c.pattern, c.in, got)
		}
		// A set that contains only the pattern, and one with others.
		for _, others := range [][]origin.Pattern{nil, mustPatterns(t, "https://other.example", "https://*.other.example", "http://*.other:*", "wss://*.example.com:*")} {
			if got := origin.NewSet(append(others, p...)).Contains(c.in); got != c.want {
				t.Errorf("Contains(%d others and %s, %q) = %t", len(others), c.pattern, c.in, got)
			}
		}
	}
}

func TestZeroPattern(t *testing.T) {
	var p origin.Pattern
	if p.Match("") || p.Match("null") || p.IsExact() || p.Covers(p) || p.UnderPublicSuffix() || !p.Origin().IsOpaque() {
		t.Error("the zero Pattern describes something")
	}
	if set := origin.NewSet([]origin.Pattern{p}); set.Len() != 0 || set.Contains("") {
		t.Error("a set of the zero Pattern describes something")
	}
	if new(origin.Set).Contains("https://example.com") {
		t.Error("the zero Set describes something")
	}
}

func TestPatternProperties(t *testing.T) {
	for _, c := range []struct {
		in, origin   string
		exact, below bool
		publicSuffix bool
	}{
		{"https://example.com:8443", "https://example.com:8443", true, false, false},
		{"https://*.example.com:8443", "https://example.com:8443", false, true, false},
		{"http://localhost:*", "http://localhost", false, false, false},
		{"https://*.example.com:*", "https://example.com", false, true, false},
		{"https://*.com", "https://com", false, true, true},
		{"https://*.co.uk", "https://co.uk", false, true, true},
		{"https://*.github.io", "https://github.io", false, true, true},
		{"https://*.github.io.", "https://github.io.", false, true, true},
		{"https://*.me.github.io", "https://me.github.io", false, true, false},
		{"https://*.amazonaws.com", "https://amazonaws.com", false, true, true},
		{"https://*.compute.amazonaws.com.:*", "https://compute.amazonaws.com.", false, true, true},
		{"https://*.ck", "https://ck", false, true, true},
		{"https://*.www.ck", "https://www.ck", false, true, false},
		{"https://*.kawasaki.jp:8443", "https://kawasaki.jp:8443", false, true, true},
		{"https://*.city.kawasaki.jp", "https://city.kawasaki.jp", false, true, false},
		{"https://*.xn--55qx5d.cn", "https://xn--55qx5d.cn", false, true, true},
		{"https://*.localhost", "https://localhost", false, true, false},
		{"https://*.corp", "https://corp", false, true, false},
		{"https://amazonaws.com:*", "https://amazonaws.com", false, false, false},
		{"https://github.io", "https://github.io", true, false, false},
		{"https://*.localhost", "https://localhost", false, true, false},
	} {
		p := mustPatterns(t, c.in)[0]
		if p.Origin().String() != c.origin || p.IsExact() != c.exact || p.Subdomains() != c.below || p.UnderPublicSuffix() != c.publicSuffix {
			t.Errorf("%s: origin %s, exact %t, subdomains %t, public suffix %t", p, p.Origin(), p.IsExact(), p.Subdomains(), p.UnderPublicSuffix())
		}
		if again := mustParse(t, p.Origin().String()); again != p.Origin() {
			t.Errorf("%s: its origin %v is not %v", p, p.Origin(), again)
		}
	}
}

// TestCovers checks that p matches every origin that q matches if p covers q.
func TestCovers(t *testing.T) {
	all := mustPatterns(t,
		"https://example.com", "https://a.example.com", "https://a.example.com:8443", "https://b.a.example.com",
		"https://*.example.com", "https://*.a.example.com", "https://*.example.com:8443", "https://*.example.com:*",
		"https://*.a.example.com:*", "https://a.example.com:*", "http://*.example.com", "http://a.example.com", "https://xa.example.com",
		"moz-extension://*", "moz-extension://a.example.com", "moz-extension://*.example.com", "moz-extension://*.example.com:*", "moz-extension://a.example.com:8443")
	members := func(p origin.Pattern) (list []string) {
		for _, scheme := range []string{"http", "https", "moz-extension"} {
			for _, host := range []string{"example.com", "a.example.com", "xa.example.com", "b.a.example.com", "c.b.a.example.com"} {
				for _, port := range []string{"", ":8443", ":9000"} {
					if s := scheme + "://" + host + port; p.Match(s) {
						list = append(list, s)
					}
				}
			}
		}
		return list
	}
	for _, p := range all {
		for _, q := range all {
			want := true
			for _, s := range members(q) {
				want = want && p.Match(s)
			}
			if got := p.Covers(q); got != want {
				t.Errorf("Covers(%s, %s) = %t", p, q, got)
			}
		}
	}
}

func TestSetAgainstScan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		patterns := randomPatterns(rng, 1+rng.IntN(40))
		set := origin.NewSet(patterns)
		for range 200 {
			s := randomOrigin(rng)
			if got, want := set.Contains(s), anyMatch(patterns, s); got != want {
				t.Fatalf("Contains(%v, %q) = %t, want %t", patterns, s, got, want)
			}
		}
		for _, p := range patterns {
			if p.IsExact() && !set.Contains(p.String()) {
				t.Fatalf("%v lacks its own %s", patterns, p)
			}
		}
	}
}

func anyMatch(patterns []origin.Pattern, s string) bool {
	for _, p := range patterns {
		if p.Match(s) {
			return true
		}
	}
	return false
}

var (
	someSchemes = []string{"http", "https", "app"}
	someLabels  = []string{"a", "b", "foo", "bar", "barfoo", "example", "com"}
	somePorts   = []string{"", "", ":8080", ":1", ":*"}
)

func pick(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }

func randomHost(rng *rand.Rand) string {
	labels := make([]string, 1+rng.IntN(4))
	for i := range labels {
		labels[i] = pick(rng, someLabels)
	}
	return strings.Join(labels, ".")
}

func randomOrigin(rng *rand.Rand) string {
	return pick(rng, someSchemes) + "://" + randomHost(rng) + pick(rng, somePorts[:4])
}

func randomPatterns(rng *rand.Rand, n int) []origin.Pattern {
	patterns := make([]origin.Pattern, n)
	for i := range patterns {
		s := pick(rng, someSchemes) + "://"
		if rng.IntN(3) == 0 {
			s += "*."
		}
		p, err := origin.ParsePattern(s + randomHost(rng) + pick(rng, somePorts))
		if err != nil {
			panic(err)
		}
		patterns[i] = p
	}
	return patterns
}

func diverseOrigins(n int) []string {
	rng := rand.New(rand.NewPCG(3, 4))
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("https://%x.tenant-%d.example", rng.Uint32(), i)
	}
	return list
}

func TestSetMemory(t *testing.T) {
	const n = 100_000
	patterns := mustPatterns(t, diverseOrigins(n)...)
	before := heap()
	set := origin.NewSet(patterns)
	after := heap()
	perOrigin := float64(int64(after-before)) / n
	t.Logf("%.1f bytes per origin, its text included", perOrigin)
	if perOrigin > 60 {
		t.Errorf("%.1f bytes per origin, want at most 60", perOrigin)
	}
	if set.Len() != n {
		t.Errorf("Len = %d, want %d", set.Len(), n)
	}
	runtime.KeepAlive(patterns)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestContainsAllocates(t *testing.T) {
	set := origin.NewSet(mustPatterns(t, "https://example.com", "https://*.example.com", "http://localhost:*", "http://[::1]:*"))
	for _, s := range []string{
		"https://example.com", "https://a.b.example.com", "http://localhost:3000", "http://[::1]:1", "http://[::1:1]", "http://1.2.3.999",
		"https://xn--a.example.com", "https://evil.example", strings.Repeat("https://a.", 1<<16),
	} {
		if n := testing.AllocsPerRun(100, func() { set.Contains(s) }); n != 0 {
			t.Errorf("Contains(%.40q): %v allocations, want 0", s, n)
		}
	}
}

func BenchmarkNewSet(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		list := diverseOrigins(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				patterns := make([]origin.Pattern, n)
				for i, s := range list {
					patterns[i], _ = origin.ParsePattern(s)
				}
				origin.NewSet(patterns)
			}
		})
	}
}

func BenchmarkContains(b *testing.B) {
	for _, n := range []int{1, 10, 1000, 100_000, 1_000_000} {
		list := diverseOrigins(n)
		set := origin.NewSet(mustPatterns(b, list...))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				if i += 7919; !set.Contains(list[i%n]) {
					b.Fatal("a member is missing")
				}
			}
		})
	}
	thousand := origin.NewSet(mustPatterns(b, diverseOrigins(1000)...))
	wild := origin.NewSet(mustPatterns(b, "https://*.example.com"))
	for _, c := range []struct {
		name   string
		set    *origin.Set
		origin string
	}{
		{"absent", thousand, "https://stranger.example.org"},
		{"wildcard", wild, "https://foo.bar.example.com"},
		{"wildcard-absent", wild, "https://foo.bar.example.org"},
		{"wildcard-long", wild, "https://" + strings.Repeat("a.", 100) + "example.org"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.set.Contains(c.origin)
			}
		})
	}
}
