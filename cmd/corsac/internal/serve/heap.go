package serve

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// The collector runs when as much has been allocated as is in use. That is very
// little in a gateway, a few megabytes, so that it would run dozens of times a
// second and take a seventh of the time of a request.
const (
	spareHeap   = 16 << 20 // how much may be allocated between two collections
	mostPercent = 400      // of what is in use
)

// collectLess lets more be allocated between two collections than is in use, if that
// is little, until the function that it returns is called. It does nothing if the
// user has decided that, with GOGC.
func collectLess() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	now := mostPercent
	before := debug.SetGCPercent(now)
	var ended atomic.Bool
	afterCollection(func() bool {
		if ended.Load() {
			return false
		}
		if wanted := percentFor(inUse()); wanted != now { // the call stops the world
			debug.SetGCPercent(wanted)
			now = wanted
		}
		return true
	})
	return func() {
		ended.Store(true)
		debug.SetGCPercent(before)
	}
}

// percentFor returns how much may be allocated, in percent of what is in use.
func percentFor(inUse uint64) int {
	return int(min(max(spareHeap*100/max(inUse, 1), 100), mostPercent))
}

// inUse returns how much was in use at the last collection.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// afterCollection calls a function after each collection for as long as it returns
// true.
func afterCollection(call func() bool) {
	collected := new([16]byte) // larger than what the allocator puts together with others
	runtime.SetFinalizer(collected, func(*[16]byte) {
		if call() {
			afterCollection(call)
		}
	})
}
