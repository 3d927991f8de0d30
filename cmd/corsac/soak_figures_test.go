package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
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
	g  *soaked
	at []float64 // in seconds
	// In bytes: what is resident; what of it is the program's own, without the pages of
	// its file, which come in as code runs for the first time; and what the collector
	// of garbage has found in use, twice.
	resident, own, inUse []float64
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
			f := m.g.figures()
			m.at = append(m.at, time.Since(begin).Seconds())
			m.resident = append(m.resident, f.one("process_resident_memory_bytes"))
			m.own = append(m.own, ownMemory(m.g.t, m.g.Process.Pid))
			m.inUse = append(m.inUse, f.one("go_memstats_next_gc_bytes"))
		}
	}
}

// check logs the sizes and, if there are enough, checks that they stay alike after the
// first quarter.
func (m *memory) check(duration time.Duration) {
	m.g.t.Helper()
	for what, bytes := range map[string][]float64{"resident": m.resident, "the program's own": m.own, "twice what is in use": m.inUse} {
		var said []string
		for _, n := range least(bytes, 12) {
			said = append(said, fmt.Sprintf("%.1f", n/(1<<20)))
		}
		from := len(bytes) / 4
		slope, deviation := growth(least(m.at[from:], 20), least(bytes[from:], 20))
		m.g.t.Logf("%s, in MiB: %v; %+.2f ± %.2f %% in ten minutes", what, said, 100*slope, 100*deviation)
		bounded := duration >= 10*time.Minute && !testenv.Race()
		if bounded && slope-2*deviation > maxSlope {
			m.g.t.Errorf("%s grows by %.2f ± %.2f %% in ten minutes", what, 100*slope, 100*deviation)
		}
	}
}

// ownMemory returns how many bytes of a process that are resident are not those of a
// file.
func ownMemory(t *testing.T, pid int) (bytes float64) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Error(err)
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	if _, err := fmt.Sscanf(rest, "%f kB", &bytes); err != nil {
		t.Error(err)
	}
	return bytes * 1024
}

// least returns the least values of so many parts of a list: what is above them is
// garbage that will be collected.
func least(list []float64, parts int) (minima []float64) {
	for i := range parts {
		if part := list[i*len(list)/parts : (i+1)*len(list)/parts]; len(part) > 0 {
			minima = append(minima, slices.Min(part))
		}
	}
	return minima
}

// growth returns the slope of the line that fits sizes at times best, and its standard
// deviation, as parts of the mean in ten minutes.
func growth(at, sizes []float64) (slope, deviation float64) {
	if len(at) < 3 {
		return 0, 0
	}
	var meanAt, mean, above, below, squares float64
	for i := range at {
		meanAt += at[i] / float64(len(at))
		mean += sizes[i] / float64(len(at))
	}
	for i := range at {
		above += (at[i] - meanAt) * (sizes[i] - mean)
		below += (at[i] - meanAt) * (at[i] - meanAt)
	}
	slope = above / below
	for i := range at {
		off := sizes[i] - mean - slope*(at[i]-meanAt)
		squares += off * off
	}
	deviation = math.Sqrt(squares / float64(len(at)-2) / below)
	unit := (10 * time.Minute).Seconds() / mean
	return slope * unit, deviation * unit
}
