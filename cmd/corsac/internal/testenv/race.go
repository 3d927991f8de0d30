//go:build race

package testenv

import (
	"os"
	"strings"
)

const race = true

// Under the race detector, a program waits for a second before it ends. The
// programs that tests start do not: some tests start hundreds.
func init() {
	_ = os.Setenv("GORACE", strings.TrimSpace(os.Getenv("GORACE")+" atexit_sleep_ms=0"))
}
