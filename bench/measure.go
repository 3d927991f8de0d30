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

	findings
}

// lane is a library while it is measured.
type lane struct {
	server server
	n      int       // requests in a chunk, a multiple of those that take turns
	every  int       // it runs in every so manieth round, more if a chunk takes long
	times  []float64 // by round; 0 where it did not run
}

// enough is how many rounds a slow library runs in.
const enough = 20

func newLane(s server, turns int, p plan) *lane {
	n, cost := requestsIn(s, turns, p.chunk)
	every := int(cost / (4 * p.chunk))
	return &lane{server: s, n: n, every: max(1, min(every, p.rounds/enough)), times: make([]float64, p.rounds)}
}

// measure times the servers against each other; the ratios are to the server at
// index ref. Rounds are shuffled, so that no library always runs in the wake of
// the same other one.
func measure(p plan, servers []server, turns, ref int) []result {
	lanes := make([]*lane, len(servers))
	order := make([]int, len(servers))
	for i, s := range servers {
		lanes[i] = newLane(s, turns, p)
		order[i] = i
	}
	runtime.GC()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // an order, not a secret
	for round := range p.rounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if round%lanes[i].every == 0 {
				lanes[i].chunk(round)
			}
		}
	}
	results := make([]result, len(lanes))
	for i, l := range lanes {
		var ratios []float64
		best := math.Inf(1)
		for round, took := range l.times {
			if took > 0 && lanes[ref].times[round] > 0 {
				ratios = append(ratios, took/lanes[ref].times[round])
				best = min(best, took)
			}
		}
		allocs, bytes := allocations(l.server, min(l.n, 200))
		results[i] = result{best: best, ratio: median(ratios), allocs: allocs, bytes: bytes}
	}
	return results
}

func (l *lane) chunk(round int) {
	start := time.Now()
	l.server.run(l.n)
	l.times[round] = float64(time.Since(start).Nanoseconds()) / float64(l.n)
}

// requestsIn finds how many requests s serves within d, at least one of each
// that take turns, and how long that takes. It believes the fastest of several
// attempts, since the others were disturbed.
func requestsIn(s server, turns int, d time.Duration) (n int, cost time.Duration) {
	best := math.Inf(1)
	for range 5 {
		for n := turns; ; n *= 2 {
			start := time.Now()
			s.run(n)
			if took := time.Since(start); took >= d/4 {
				best = min(best, float64(took)/float64(n))
				break
			}
		}
	}
	n = turns * max(1, int(float64(d)/best)/turns)
	return n, time.Duration(best * float64(n))
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
