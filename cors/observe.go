package cors

import (
	"iter"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// ObserveConfig configures [Middleware.Observe].
type ObserveConfig struct {
	// Report, if not nil, is called with refusals, one at a time, in a
	// goroutine of its own. Its strings are cut to bounded lengths. While
	// Report runs, up to 1,024 refusals wait in a buffer; when that is full,
	// further ones are dropped and counted, so that requests never wait for
	// Report.
	Report func(Decision)

	// Sample reports every nth refusal of each kind and reason, starting with
	// the first. If 0, it is 1: every refusal.
	Sample int

	// Trial, if not empty, lists policies to try out. Requests are answered as
	// before; those that the current policies allow and these would refuse are
	// counted and reported, with [Decision.Trial] set.
	Trial []Policy
}

// Bounds on what waits to be reported.
const (
	maxReports        = 1024
	maxReportedOrigin = 512
	maxReportedName   = 128
)

// Observer counts and reports the decisions of a [Middleware] while it serves.
// It is safe for concurrent use.
type Observer struct {
	m      *Middleware
	report func(Decision)
	sample uint64
	trial  *compiled

	queue   chan Decision
	dropped atomic.Uint64
	stop    chan struct{}
	stopped sync.WaitGroup

	counts [Preflight + 1][reasons]atomic.Uint64
	trials [Preflight + 1][reasons]atomic.Uint64
}

// Observe counts the decisions of m and reports refusals as c says, until the
// Observer is stopped. There is one Observer at a time: calling Observe again
// stops the previous one. The error, if any, is about c.Trial and of type
// [ConfigErrors].
//
// Requests that nobody observes pay nothing for it.
func (m *Middleware) Observe(c ObserveConfig) (*Observer, error) {
	o := &Observer{
		m:      m,
		report: c.Report,
		sample: uint64(max(c.Sample, 1)),
		queue:  make(chan Decision, maxReports),
		stop:   make(chan struct{}),
	}
	if len(c.Trial) > 0 {
		var err error
		if o.trial, err = compileAll(c.Trial); err != nil {
			return nil, err
		}
	}
	if o.report != nil {
		o.stopped.Go(o.deliver)
	}
	if before := m.observer.Swap(o); before != nil {
		before.end()
	}
	return o, nil
}

// Stop ends the observation. It returns once the refusals in the buffer have
// been reported, so Report must not call it. Calling it again does nothing.
func (o *Observer) Stop() {
	if o.m.observer.CompareAndSwap(o, nil) {
		o.end()
	}
	o.stopped.Wait()
}

func (o *Observer) end() {
	close(o.stop)
	o.stopped.Wait()
}

// Counts yields each different decision made since the observation began, and
// how often it was made. Only the Kind, Allowed, Reason and Trial of a decision
// are set, so there are few of them, as metrics need.
func (o *Observer) Counts() iter.Seq2[Decision, uint64] {
	return func(yield func(Decision, uint64) bool) {
		for kind := range Preflight + 1 {
			for reason := range Reason(reasons) {
				for _, trial := range []bool{false, true} {
					n := o.counter(kind, reason, trial).Load()
					d := Decision{Kind: kind, Allowed: reason == permitted, Reason: reason, Trial: trial}
					if n > 0 && !yield(d, n) {
						return
					}
				}
			}
		}
	}
}

// Dropped returns how many refusals were not reported because the buffer was
// full. They are counted all the same.
func (o *Observer) Dropped() uint64 { return o.dropped.Load() }

func (o *Observer) counter(k Kind, r Reason, trial bool) *atomic.Uint64 {
	if trial {
		return &o.trials[k][r]
	}
	return &o.counts[k][r]
}

// note counts a decision and reports it if it is a refusal and sampled.
func (o *Observer) note(r *http.Request, d decision) {
	n := o.counter(d.kind, d.reason, false).Add(1)
	if d.reason != permitted && d.reason != noOrigin {
		o.offer(r, d, n, false)
	}
	if o.trial == nil || d.reason != permitted {
		return
	}
	if t := o.trial.decide(r); t.reason != permitted {
		o.offer(r, t, o.counter(t.kind, t.reason, true).Add(1), true)
	}
}

// offer queues a decision, the nth of its kind and reason, if it is sampled and
// there is room.
func (o *Observer) offer(r *http.Request, d decision, n uint64, trial bool) {
	if o.report == nil || (n-1)%o.sample != 0 {
		return
	}
	// BenchmarkObserve/full-buffer: −55 %, for not describing what is dropped.
	if len(o.queue) == cap(o.queue) {
		o.dropped.Add(1)
		return
	}
	described := bounded(d.describe(r))
	described.Trial = trial
	select {
	case o.queue <- described:
	default:
		o.dropped.Add(1)
	}
}

// bounded cuts the strings of d and copies them, so that they do not keep the
// request in memory.
func bounded(d Decision) Decision {
	cut := func(s string, n int) string { return strings.Clone(s[:min(len(s), n)]) }
	d.Origin = cut(d.Origin, maxReportedOrigin)
	d.Method = cut(d.Method, maxReportedName)
	d.Header = cut(d.Header, maxReportedName)
	return d
}

// deliver reports what is queued and, once stopped, what is left.
func (o *Observer) deliver() {
	for {
		select {
		case d := <-o.queue:
			o.report(d)
		case <-o.stop:
			for {
				select {
				case d := <-o.queue:
					o.report(d)
				default:
					return
				}
			}
		}
	}
}
