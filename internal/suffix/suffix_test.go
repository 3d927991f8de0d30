package suffix_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"github.com/corsac-dev/corsac/internal/suffix"
	"github.com/corsac-dev/corsac/internal/suffix/suffixtest"
)

var update = flag.Bool("update", false, "write table.txt")

// makeTable returns the text of table.txt.
func makeTable(rules []string) []byte {
	l := suffixtest.NewList(rules)
	below := map[string]map[string]bool{}
	for _, r := range rules {
		labels := strings.Split(strings.TrimPrefix(r, "!"), ".")
		for i := 1; i < len(labels); i++ {
			parent := strings.Join(labels[i:], ".")
			if l.IsSuffix(parent) {
				continue
			}
			if below[parent] == nil {
				below[parent] = map[string]bool{}
			}
			below[parent][labels[i-1]] = true
		}
	}
	var b bytes.Buffer
	for _, parent := range slices.Sorted(maps.Keys(below)) {
		b.WriteString(parent + " " + strings.Join(slices.Sorted(maps.Keys(below[parent])), " ") + "\n")
	}
	return b.Bytes()
}

// TestTable checks that table.txt is what the list in golang.org/x/net yields.
// With -update, it writes the file.
func TestTable(t *testing.T) {
	want := makeTable(suffixtest.Rules(t))
	if *update {
		if err := os.WriteFile("table.txt", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("table.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("table.txt is not of the same version as the list in golang.org/x/net: run go generate ./internal/suffix")
	}
}

// TestRules compares every function, for every rule and the domains above and
// below it, with the list applied by the letter.
func TestRules(t *testing.T) {
	list := suffixtest.Rules(t)
	l := suffixtest.NewList(list)
	parents := map[string]bool{}
	names := map[string]bool{}
	for _, r := range list {
		name := strings.Replace(strings.TrimPrefix(r, "!"), "*", "any", 1)
		rest := name
		for ok := true; ok; {
			names[rest], names["a."+rest], names["b.a."+rest] = true, true, true
			if _, rest, ok = strings.Cut(rest, "."); ok {
				parents[rest] = true
			}
		}
	}
	for name := range names {
		if got, want := suffix.Owner(name), l.Owner(name); got != want {
			t.Errorf("Owner(%q) is %q, want %q", name, got, want)
		}
		if got, want := suffix.Is(name), l.IsSuffix(name); got != want {
			t.Errorf("Is(%q) is %t", name, got)
		}
		if got, want := suffix.HasOwnersBelow(name), l.IsSuffix(name) || parents[name]; got != want {
			t.Errorf("HasOwnersBelow(%q) is %t", name, got)
		}
		if !suffix.HasOwnersBelow(name) {
			continue
		}
		a, b := suffix.TwoBelow(name)
		if l.Owner(a) == l.Owner(b) || l.Owner(a) == "" || l.Owner(b) == "" || !strings.HasSuffix(a, "."+name) || !strings.HasSuffix(b, "."+name) {
			t.Errorf("TwoBelow(%q) is %q and %q", name, a, b)
		}
	}
	t.Logf("%d names", len(names))
}

// TestHosting checks that the list does not have what is added to it.
func TestHosting(t *testing.T) {
	if !slices.IsSorted(suffix.Hosting) {
		t.Error("not sorted")
	}
	for _, domain := range suffix.Hosting {
		if s, _ := publicsuffix.PublicSuffix(domain); s == domain {
			t.Errorf("the list has %q", domain)
		}
		if !suffix.Is(domain) || suffix.Owner("a.b."+domain) != "b."+domain {
			t.Errorf("%q is not a suffix", domain)
		}
	}
}

// TestTenants checks that names of different tenants have different owners, where
// the name of the service is below another suffix.
func TestTenants(t *testing.T) {
	for _, service := range []string{"app.github.dev", "sslip.io", "run.plnkr.co", "raw.ic0.app"} {
		if a, b := suffix.Owner("a."+service), suffix.Owner("b."+service); a == b || !suffix.HasOwnersBelow(service) {
			t.Errorf("%s: %q and %q", service, a, b)
		}
	}
}

func TestUnlisted(t *testing.T) {
	for _, name := range []string{"", "localhost", "a.localhost", "b.a.localhost", "corp", "printer.corp", "com.corp"} {
		if suffix.Is(name) || suffix.Owner(name) != "" || suffix.HasOwnersBelow(name) {
			t.Errorf("%q is in the list", name)
		}
	}
}

func BenchmarkBelow(b *testing.B) {
	for b.Loop() {
		suffix.Below("amazonaws.com")
	}
}
