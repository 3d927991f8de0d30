// Package testenv says what tests need from the machine on which they run.
package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program, by the first of several names that
// exists. Without it the test is skipped; with CORSAC_REQUIRE_SERVERS=1, as in
// CI, it fails. install says how to get the program.
func Program(t testing.TB, install string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, names[0]+" is not installed: "+install)
	return ""
}

// Missing ends a test that needs something that the machine does not have, as
// [Program] does.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CORSAC_REQUIRE_SERVERS") == "1" {
		t.Fatal("CORSAC_REQUIRE_SERVERS=1, but " + what)
	}
	t.Skip(what)
}

// OneGoroutine skips a slow test under the race detector, which finds nothing
// in a test of a single goroutine but makes it take ten times as long. CI also
// runs all tests without the race detector.
func OneGoroutine(t testing.TB) {
	t.Helper()
	if race {
		t.Skip("uses one goroutine: runs without the race detector")
	}
}

// NoRace skips a test under the race detector, which would make it take too long.
// CI also runs all tests without the race detector.
func NoRace(t testing.TB, why string) {
	t.Helper()
	if race {
		t.Skip(why + ": runs without the race detector")
	}
}

// Race reports whether the race detector is on, which also takes memory.
func Race() bool { return race }

// Rounds returns how often a test does something with random values: usual, or,
// under the race detector, with which each round takes several times as long, few.
func Rounds(usual, few int) int {
	if race {
		return few
	}
	return usual
}
