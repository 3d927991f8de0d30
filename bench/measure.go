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
	rounds int // of all batches and layouts together
	chunk  time.Duration
	// layouts is how many times the program is built with its functions in
	// another order; each build gets an equal part of the rounds. 0 means that
	// it is not built again. The same code can be a tenth slower depending on
	// where it is placed.
	layouts int
	// batches is how many times the servers are built; each batch gets an equal
	// part of the rounds. Memory layout and the seeds of hash maps cause
	// differences of several per cent, which last as long as a server.
	batches int
}

// result is the measurement of one library in one scenario.
type result struct {
	Best   float64   // ns per request in the best chunk
	Ratios []float64 // time relative to the reference, by round
	Ratio  float64   // their median
	Allocs float64   // per request
	Bytes  float64
	Absent bool // the scenario does not apply to the library

	findings
}

// lane is a library while it is being measured.
type lane struct {
	server server
	n      int       // requests in a chunk, a multiple of turns
	every  int       // it runs in one of so many rounds; more than 1 if a chunk takes long
	times  []float64 // by round; 0 where it did not run
	ratios []float64
}

// enough is the number of rounds of a batch in which a slow library runs.
const enough = 4

// measure compares the times of servers, in batches with servers from build.
// Ratios are to the server at index ref. turns is the number of requests that
// take turns.
func measure(p plan, turns, ref int, build func() ([]server, error)) ([]result, error) {
	var results []result
	for batch := range p.batches {
		servers, err := build()
		if err != nil {
			return nil, err
		}
		if results == nil {
			results = make([]result, len(servers))
		}
		seed := uint64(batch)
		for i, l := range rounds(p, servers, turns, ref, seed) {
			r := &results[i]
			r.Ratios = append(r.Ratios, l.ratios...)
			for _, took := range l.times {
				if took > 0 && (r.Best == 0 || took < r.Best) {
					r.Best = took
				}
			}
			r.Allocs, r.Bytes = allocations(l.server, min(l.n, 200))
		}
	}
	for i := range results {
		results[i].Ratio = median(results[i].Ratios)
	}
	return results, nil
}

// rounds runs a batch. The order is random in each round, so no library always
// runs after the same other one.
func rounds(p plan, servers []server, turns, ref int, seed uint64) []*lane {
	n := max(1, p.rounds/p.batches)
	lanes := make([]*lane, len(servers))
	order := make([]int, len(servers))
	for i, s := range servers {
		requests, cost := requestsIn(s, turns, p.chunk)
		every := int(cost / (4 * p.chunk))
		lanes[i] = &lane{server: s, n: requests, every: max(1, min(every, n/enough))}
		order[i] = i
	}
	runtime.GC()
	random := rand.New(rand.NewPCG(1, seed)) //nolint:gosec // a random order, not a secret
	for round := range n {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			lanes[i].chunk(round)
		}
		for _, l := range lanes {
			if took := l.times[round]; took > 0 {
				l.ratios = append(l.ratios, took/lanes[ref].times[round])
			}
		}
	}
	return lanes
}

func (l *lane) chunk(round int) {
	if round%l.every != 0 {
		l.times = append(l.times, 0)
		return
	}
	start := time.Now()
	l.server.run(l.n)
	l.times = append(l.times, float64(time.Since(start).Nanoseconds())/float64(l.n))
}

// requestsIn returns how many requests s serves within d, at least one per
// turn, and how long that takes. It uses the fastest of several attempts,
// because the others were disturbed.
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

// allocations returns the allocations and bytes per request. The runtime
// allocates now and then too, so it returns the least of several attempts.
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
