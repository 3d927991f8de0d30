package testenv

import (
	"os"
	"testing"
	"time"
)

// SoakTime returns how long a soak runs: usual, or as CORSAC_SOAK says. It skips the
// test with -short.
func SoakTime(t *testing.T, usual time.Duration) time.Duration {
	t.Helper()
	if testing.Short() {
		t.Skipf("it takes %s", usual)
	}
	s := os.Getenv("CORSAC_SOAK")
	if s == "" {
		return usual
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Descriptors returns the number of open files, or 0 where that is unknown.
func Descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
