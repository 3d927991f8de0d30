package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// build is the cost of configuring a library with many origins.
type build struct {
	peer     peer
	took     time.Duration // the best time
	allocs   uint64
	retained float64 // bytes that stay allocated, per origin
}

// attempts is the number of times that each library is built.
const attempts = 5

// measureBuilds builds every library with many origins, in turn.
func measureBuilds(libraries []peer, origins int, stderr io.Writer) ([]build, error) {
	p := withOrigins(diverse(origins)...)
	builds := make([]build, len(libraries))
	for i, lib := range libraries {
		builds[i] = build{peer: lib, took: math.MaxInt64, retained: math.Inf(1)}
	}
	for range attempts {
		for i := range builds {
			if err := builds[i].once(p); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintln(stderr, "builds")
	return builds, nil
}

func (b *build) once(p policy) error {
	before := heap()
	start := time.Now()
	server, err := b.peer.open(p, func() {})
	took := time.Since(start)
	if err != nil {
		return fmt.Errorf("%s: %w", b.peer.name, err)
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	kept := heap()
	runtime.KeepAlive(server)
	runtime.KeepAlive(p)
	b.took = min(b.took, took)
	b.allocs = after.Mallocs - before.Mallocs
	b.retained = min(b.retained, (float64(kept.HeapAlloc)-float64(before.HeapAlloc))/float64(len(p.origins)))
	return nil
}

// heap returns the state of the heap after freeing everything that can be
// freed.
func heap() runtime.MemStats {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}

func printBuilds(w io.Writer, builds []build, origins int) {
	if len(builds) == 0 {
		return
	}
	fmt.Fprintf(w, "| %d origins | build | allocations | bytes kept per origin |\n|---|---:|---:|---:|\n", origins)
	for _, b := range builds {
		fmt.Fprintf(w, "| %s | %.1f ms | %d | %.0f |\n", b.peer.name, float64(b.took.Microseconds())/1000, b.allocs, b.retained)
	}
}
