// Package suffixtest has the public suffix list as text, for tests, and applies
// it by the letter.
package suffixtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/suffix"
)

// Rules returns the rules of the list in the version of golang.org/x/net that
// the module requires. Package publicsuffix embeds them in a form that it does
// not export; its own tests have them as text. Those of [suffix.Hosting] follow.
func Rules(tb testing.TB) []string {
	tb.Helper()
	dir, err := exec.CommandContext(tb.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/net").Output()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(dir)), "publicsuffix", "table_test.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		tb.Fatal(err)
	}
	var rules []string
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		spec := gen.Specs[0].(*ast.ValueSpec)
		if spec.Names[0].Name != "rules" {
			continue
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			rule, err := strconv.Unquote(e.(*ast.BasicLit).Value)
			if err != nil {
				tb.Fatal(err)
			}
			rules = append(rules, rule)
		}
	}
	if len(rules) < 9000 {
		tb.Fatalf("%s has only %d rules", path, len(rules))
	}
	return append(rules, suffix.Hosting...)
}

// List is the list as a set of rules
// (https://github.com/publicsuffix/list/wiki/Format#formal-algorithm). The
// default rule, "*", is there only for top-level domains that have rules.
type List map[string]bool

// NewList returns the list with rules.
func NewList(rules []string) List {
	l := List{}
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

// IsSuffix reports whether domain is a public suffix.
func (l List) IsSuffix(domain string) bool {
	_, above, _ := strings.Cut(domain, ".")
	return l[domain] || l["*."+above] && !l["!"+domain]
}

// Owner returns the registrable domain of name, or "".
func (l List) Owner(name string) string {
	labels := strings.Split(name, ".")
	longest := 0
	for i := range labels {
		tail := strings.Join(labels[i:], ".")
		if l["!"+tail] {
			return tail
		}
		if l.IsSuffix(tail) {
			longest = max(longest, len(labels)-i)
		}
	}
	if longest == 0 || longest == len(labels) {
		return ""
	}
	return strings.Join(labels[len(labels)-longest-1:], ".")
}
