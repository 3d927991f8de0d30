// Package seed chooses the seed of a test that draws its cases.
package seed

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Of returns given unless it is 0, otherwise CORSAC_SEED if that is set, and
// otherwise a new seed. It logs the seed, so that the same cases can be drawn
// again.
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
