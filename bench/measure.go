package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// plan says how long to measure.
type plan struct {
	rounds int
	chunk  time.Duration
}

// result is what was measured of one library in one scenario.
type result struct {
	best   float64 // ns per request in the best chunk
	ratio  float64 // the median over the rounds of the time relative to the reference
	allocs float64 // per request
	bytes  float64
	fails  string // what the library did not show before it was timed, or ""
}

// lane is a library while it is measured.
type lane struct {
	server server
	n      int // requests in a chunk
	times  []float64
}

// measure times the servers against each other; the ratios are to the server at
// index ref. Rounds are shuffled, so that no library always runs in the wake of
// the same other one.
func measure(p plan, servers []server, ref int) []result {
	lanes := make([]*lane, len(servers))
	order := make([]int, len(servers))
	for i, s := range servers {
		lanes[i] = &lane{server: s, n: requestsIn(s, p.chunk)}
		order[i] = i
	}
	runtime.GC()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // an order, not a secret
	for range p.rounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			lanes[i].chunk()
		}
	}
	results := make([]result, len(lanes))
	for i, l := range lanes {
		ratios := make([]float64, p.rounds)
		for round := range ratios {
			ratios[round] = l.times[round] / lanes[ref].times[round]
		}
		allocs, bytes := allocations(l.server, min(l.n, 200))
		results[i] = result{best: slices.Min(l.times), ratio: median(ratios), allocs: allocs, bytes: bytes}
	}
	return results
}

func (l *lane) chunk() {
	start := time.Now()
	l.server.run(l.n)
	l.times = append(l.times, float64(time.Since(start).Nanoseconds())/float64(l.n))
}

// requestsIn finds how many requests s serves within d. It believes the fastest
// of several attempts, since the others were disturbed.
func requestsIn(s server, d time.Duration) int {
	best := math.Inf(1)
	for range 5 {
		for n := 1; ; n *= 2 {
			start := time.Now()
			s.run(n)
			if took := time.Since(start); took >= d/4 {
				best = min(best, float64(took)/float64(n))
				break
			}
		}
	}
	return max(1, int(float64(d)/best))
}

// allocations counts what is allocated for a request. The runtime allocates now
// and then too; the least of several attempts is without it.
func allocations(s server, n int) (allocs, bytes float64) {
	allocs, bytes = math.Inf(1), math.Inf(1)
	s.run(1)
	var before, after runtime.MemStats
	for range 5 {
		runtime.ReadMemStats(&before)
		s.run(n)
		runtime.ReadMemStats(&after)
		allocs = min(allocs, float64(after.Mallocs-before.Mallocs)/float64(n))
		bytes = min(bytes, float64(after.TotalAlloc-before.TotalAlloc)/float64(n))
	}
	return math.Floor(allocs), bytes
}

func median(list []float64) float64 {
	slices.Sort(list)
	mid := len(list) / 2
	if len(list)%2 == 1 {
		return list[mid]
	}
	return (list[mid-1] + list[mid]) / 2
}
