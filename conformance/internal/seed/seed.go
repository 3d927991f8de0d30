// Package seed chooses the seed of a test that draws its cases.
package seed

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Of returns given unless it is 0; else that of CORSAC_SEED; else a new one. It logs the seed, with which
// the same cases are drawn again.
func Of(t testing.TB, given uint64) uint64 {
	t.Helper()
	s := given
	if text := os.Getenv("CORSAC_SEED"); s == 0 && text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CORSAC_SEED: %v", err)
		}
		s = n
	}
	if s == 0 {
		s = rand.Uint64N(1 << 32) //nolint:gosec // a draw, not a secret
	}
	t.Logf("seed %d", s)
	return s
}
