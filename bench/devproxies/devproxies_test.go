//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
)

// TestCorsac checks that corsac dev is right in every row.
func TestCorsac(t *testing.T) {
	b, err := newBed(t.Context(), "..")
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	results, err := b.results(ours)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks() {
		if results[c.name] != "✓" {
			t.Errorf("%s: %s", c.name, results[c.name])
		}
	}
}

// TestPage checks that the page has the table with the rows and columns of this
// program, and that corsac dev is right in every row of it.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, in, _, err := split(string(text))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(in), "\n")
	rows := checks()
	if len(lines) != len(rows)+2 {
		t.Fatalf("%d rows, want %d: run make dev-peers", len(lines)-2, len(rows))
	}
	if got := cells(lines[0]); len(got) != len(proxies)+1 || got[1] != heading(ours) {
		t.Errorf("the columns are %q: run make dev-peers", got)
	}
	for i, row := range rows {
		if got := cells(lines[i+2]); len(got) != len(proxies)+1 || got[0] != row.name || got[1] != "✓" {
			t.Errorf("row %d is %q, want %q with ✓: run make dev-peers", i+1, got, row.name)
		}
	}
}

// cells returns the cells of a line of a table.
func cells(line string) (all []string) {
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}
