// Package testenv says what tests need of the machine that they run on.
package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns where a program is, of the first of several names that there is. Without it the test
// is skipped; but with CORSAC_REQUIRE_SERVERS=1, as in CI, it fails. install says how to get it.
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

// Missing ends a test that lacks something of its machine, as [Program] does.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CORSAC_REQUIRE_SERVERS") == "1" {
		t.Fatal("CORSAC_REQUIRE_SERVERS=1, but " + what)
	}
	t.Skip(what)
}
