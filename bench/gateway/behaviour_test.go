//go:build linux

package main

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestBehaviour checks that the page has the rows and columns of this program, that
// corsac does what the page says, and that this is right. With CORSAC_REQUIRE_SERVERS=1,
// as in CI, Caddy with corsac's module is checked, too.
func TestBehaviour(t *testing.T) {
	t.Chdir("..")
	runtime.LockOSThread() // children end with the thread that started them
	defer runtime.UnlockOSThread()
	table := readTable(t)
	if len(table) != len(checks)+2 || len(table[0]) != len(columns)+1 {
		t.Fatalf("%s has %d lines, want %d; run make gateway-behaviour", behaviourPage, len(table), len(checks)+2)
	}
	for i, g := range columns {
		if table[0][i+1] != g.name {
			t.Errorf("column %d is %q, want %q; run make gateway-behaviour", i+1, table[0][i+1], g.name)
		}
	}
	tested := []*gateway{ours}
	if os.Getenv("CORSAC_REQUIRE_SERVERS") == "1" {
		tested = append(tested, module)
	}
	for i, g := range tested {
		results, err := g.behaviour(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for n, c := range checks {
			impossible := g == module && c.name == own400 // Caddy refuses those before any module
			if results[n].right == impossible {
				t.Errorf("%s: %s: %s", g.name, c.name, results[n].text)
			}
			if row := table[n+2]; row[0] != c.name || row[i+1] != results[n].cell() {
				t.Errorf("%s: the page says %q, want %q in the row %q; run make gateway-behaviour", g.name, row, results[n].cell(), c.name)
			}
		}
	}
}

// readTable returns the cells of the page's table.
func readTable(t *testing.T) (table [][]string) {
	t.Helper()
	text, err := os.ReadFile(behaviourPage)
	if err != nil {
		t.Fatal(err)
	}
	_, in, _, err := splitPage(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(in), "\n") {
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		table = append(table, cells)
	}
	return table
}
