package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"time"
)

// longSoak reports whether a soak was asked for, and not only its short version.
func longSoak() bool { return os.Getenv("CORSAC_SOAK") != "" }

// hashOf returns the hash by which /status names a configuration.
func hashOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// checkLeft checks that goroutines and descriptors are about as many as before.
func (g *soaked) checkLeft(before figures) {
	g.t.Helper()
	var now figures
	back := soakAwait(func() bool {
		now = g.figures()
		return now.one("go_goroutines") <= before.one("go_goroutines")+5 && now.one("process_open_fds") <= before.one("process_open_fds")+5
	})
	g.t.Logf("goroutines %v, %v before; descriptors %v, %v before",
		now.one("go_goroutines"), before.one("go_goroutines"), now.one("process_open_fds"), before.one("process_open_fds"))
	if !back {
		g.t.Errorf("goroutines or descriptors are left over:\n%s", g.ask("GET", "/debug/pprof/goroutine?debug=1"))
	}
}

// memory are the sizes of a gateway over time.
type memory struct {
	g     *soaked
	at    []float64 // in seconds
	bytes []float64
}

// maxSlope bounds how much memory may grow in ten minutes, once warm.
const maxSlope = .01

// watch notes the size again and again until ctx is done.
func (m *memory) watch(ctx context.Context, duration time.Duration) {
	begin := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(duration / 120):
			m.at = append(m.at, time.Since(begin).Seconds())
			m.bytes = append(m.bytes, m.g.figures().one("process_resident_memory_bytes"))
		}
	}
}

// check logs the sizes and, if there are enough, checks that they stay alike after the
// first quarter.
func (m *memory) check(duration time.Duration) {
	m.g.t.Helper()
	var said []string
	for i := range 12 {
		if j := (i + 1) * len(m.bytes) / 12; j > 0 {
			said = append(said, fmt.Sprintf("%.1f", m.bytes[j-1]/(1<<20)))
		}
	}
	growth := m.growth(len(m.at) / 4)
	m.g.t.Logf("memory in MiB: %v; %+.2f %% in ten minutes", said, 100*growth)
	if duration >= 10*time.Minute && growth > maxSlope {
		m.g.t.Errorf("memory grows by %.2f %% in ten minutes", 100*growth)
	}
}

// growth returns the slope of the line that fits best, from an index on, as a part of
// the mean in ten minutes.
func (m *memory) growth(from int) float64 {
	at, sizes := m.at[from:], m.bytes[from:]
	var meanAt, mean, above, below float64
	for i := range at {
		meanAt += at[i] / float64(len(at))
		mean += sizes[i] / float64(len(at))
	}
	for i := range at {
		above += (at[i] - meanAt) * (sizes[i] - mean)
		below += (at[i] - meanAt) * (at[i] - meanAt)
	}
	if below == 0 {
		return 0
	}
	return above / below * (10 * time.Minute).Seconds() / mean
}
