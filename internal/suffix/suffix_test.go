package suffix_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/suffix"
)

var update = flag.Bool("update", false, "write table.txt")

// rules returns the rules of the public suffix list in the version of
// golang.org/x/net that this module requires. The package embeds them in a form
// that it does not export; its own tests have them as text.
func rules(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(dir)), "publicsuffix", "table_test.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range file.Scope.Lookup("rules").Decl.(*ast.ValueSpec).Values[0].(*ast.CompositeLit).Elts {
		rule, err := strconv.Unquote(e.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, rule)
	}
	return list
}

// listing is the list as a set, to apply it by the letter
// (https://github.com/publicsuffix/list/wiki/Format#formal-algorithm). The
// default rule, "*", is there only for top-level domains that have rules.
type listing map[string]bool

// owner returns the registrable domain of name, or "".
func (l listing) owner(name string) string {
	labels := strings.Split(name, ".")
	longest := 0
	for i := range labels {
		n := len(labels) - i
		tail := strings.Join(labels[i:], ".")
		above := strings.Join(labels[i+1:], ".")
		switch {
		case l["!"+tail]:
			return tail
		case l[tail], i+1 < len(labels) && l["*."+above]:
			longest = max(longest, n)
		}
	}
	if longest == 0 || longest == len(labels) {
		return ""
	}
	return strings.Join(labels[len(labels)-longest-1:], ".")
}

func (l listing) isSuffix(domain string) bool {
	_, above, _ := strings.Cut(domain, ".")
	return l[domain] || l["*."+above] && !l["!"+domain]
}

func newListing(rules []string) listing {
	l := listing{}
	for _, r := range rules {
		l[r] = true
	}
	for _, r := range rules {
		if tld := r[1+strings.LastIndexByte(r, '.'):]; !l["*."+tld] {
			l[tld] = true // "za" has rules, but is not one
		}
	}
	return l
}

// makeTable returns the text of table.txt.
func makeTable(rules []string) []byte {
	l := newListing(rules)
	below := map[string]map[string]bool{}
	for _, r := range rules {
		labels := strings.Split(strings.TrimPrefix(r, "!"), ".")
		for i := 1; i < len(labels); i++ {
			parent := strings.Join(labels[i:], ".")
			if l.isSuffix(parent) {
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
	want := makeTable(rules(t))
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
	list := rules(t)
	l := newListing(list)
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
		if got, want := suffix.Owner(name), l.owner(name); got != want {
			t.Errorf("Owner(%q) is %q, want %q", name, got, want)
		}
		if got, want := suffix.Is(name), l.isSuffix(name); got != want {
			t.Errorf("Is(%q) is %t", name, got)
		}
		if got, want := suffix.HasOwnersBelow(name), l.isSuffix(name) || parents[name]; got != want {
			t.Errorf("HasOwnersBelow(%q) is %t", name, got)
		}
		if !suffix.HasOwnersBelow(name) {
			continue
		}
		a, b := suffix.TwoBelow(name)
		if l.owner(a) == l.owner(b) || l.owner(a) == "" || l.owner(b) == "" || !strings.HasSuffix(a, "."+name) || !strings.HasSuffix(b, "."+name) {
			t.Errorf("TwoBelow(%q) is %q and %q", name, a, b)
		}
	}
	t.Logf("%d names", len(names))
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
