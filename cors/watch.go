package cors

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// Observer is what [Middleware.Observe] wants.
type Observer struct {
	// Report, if not nil, is called with decisions, one after another, in a
	// goroutine of its own. While it runs, decisions wait in a buffer; when that
	// is full, they are dropped and counted, and requests are not held up.
	Report func(Report)

	// Sample reports one in so many decisions of each kind and reason, the first
	// included. If 0, it is 1: all. Allowed requests and requests without an
	// origin are counted, never reported.
	Sample int

	// Buffer is how many decisions may wait. If 0, it is 1024.
	Buffer int

	// Trial, if not empty, are policies to try: requests are answered as before,
	// and those that the current policies allow and these would refuse are
	// reported.
	Trial []Policy
}

// Report is a decision that an [Observer] is told of. Its strings are cut to
// bounded lengths.
type Report struct {
	Decision

	// Trial is true if it is a decision of the policies on trial.
	Trial bool

	// Dropped is how many decisions have been dropped since the last report.
	Dropped uint64
}

// Bounds of the strings in a Report.
const (
	maxReportedOrigin = 512
	maxReportedName   = 128
)

// Watch is an observer at work. It is safe for concurrent use.
type Watch struct {
	m      *Middleware
	report func(Report)
	sample uint64
	trial  *compiled

	queue   chan Report
	dropped atomic.Uint64
	stop    chan struct{}
	stopped sync.WaitGroup

	counts [Preflight + 1][reasons]atomic.Uint64
	trials [Preflight + 1][reasons]atomic.Uint64
}

// Observe counts the decisions of m and reports refusals to o, until the Watch is
// stopped or Observe is called again, which stops the one before. Without it,
// requests pay nothing for it. The error, if any, is about the policies on trial
// and as that of [New].
func (m *Middleware) Observe(o Observer) (*Watch, error) {
	w := &Watch{m: m, report: o.Report, sample: uint64(max(o.Sample, 1)), stop: make(chan struct{})}
	if len(o.Trial) > 0 {
		var err error
		if w.trial, err = compileAll(o.Trial); err != nil {
			return nil, err
		}
	}
	if o.Buffer <= 0 {
		o.Buffer = 1024
	}
	w.queue = make(chan Report, o.Buffer)
	if o.Report != nil {
		w.stopped.Go(w.deliver)
	}
	if before := m.watch.Swap(w); before != nil {
		before.end()
	}
	return w, nil
}

// Stop ends the watch and returns when what waits has been reported. It must not
// be called by Report. Calling it again does nothing.
func (w *Watch) Stop() {
	if w.m.watch.CompareAndSwap(w, nil) {
		w.end()
	}
	w.stopped.Wait()
}

func (w *Watch) end() {
	close(w.stop)
	w.stopped.Wait()
}

// Count is how often there was a decision of a kind for a reason.
type Count struct {
	Kind   Kind
	Reason Reason
	Trial  bool   // of the policies on trial, where they would refuse what is allowed
	N      uint64 // how often
}

// Counts returns how often there was each decision since the watch began. It is
// meant for metrics; there are few of them.
func (w *Watch) Counts() []Count {
	var list []Count
	for kind := range w.counts {
		for reason := range w.counts[kind] {
			for _, trial := range []bool{false, true} {
				if n := w.counter(Kind(kind), Reason(reason), trial).Load(); n > 0 {
					list = append(list, Count{Kind(kind), Reason(reason), trial, n})
				}
			}
		}
	}
	return list
}

func (w *Watch) counter(k Kind, r Reason, trial bool) *atomic.Uint64 {
	if trial {
		return &w.trials[k][r]
	}
	return &w.counts[k][r]
}

// note counts a verdict and reports it if it is due.
func (w *Watch) note(r *http.Request, v verdict) {
	n := w.counter(v.kind, v.reason, false).Add(1)
	refused := v.reason != Permitted && v.reason != NoOrigin
	if refused {
		w.offer(r, v, n, false)
	}
	if w.trial == nil || v.reason != Permitted {
		return
	}
	if t := w.trial.judge(r); t.reason != Permitted {
		w.offer(r, t, w.counter(t.kind, t.reason, true).Add(1), true)
	}
}

// offer puts a verdict, the nth of its kind, into the queue if it is due and there
// is room.
func (w *Watch) offer(r *http.Request, v verdict, n uint64, trial bool) {
	if w.report == nil || (n-1)%w.sample != 0 {
		return
	}
	if len(w.queue) == cap(w.queue) { // without the work of making a report
		w.dropped.Add(1)
		return
	}
	select {
	case w.queue <- Report{Decision: bounded(v.decision(r)), Trial: trial}:
	default:
		w.dropped.Add(1)
	}
}

// bounded cuts strings, which then do not keep the request in memory.
func bounded(d Decision) Decision {
	cut := func(s string, n int) string { return strings.Clone(s[:min(len(s), n)]) }
	d.Origin = cut(d.Origin, maxReportedOrigin)
	d.Method = cut(d.Method, maxReportedName)
	d.Header = cut(d.Header, maxReportedName)
	return d
}

// deliver reports what is in the queue, and at the end what is left in it.
func (w *Watch) deliver() {
	send := func(r Report) {
		r.Dropped = w.dropped.Swap(0)
		w.report(r)
	}
	for {
		select {
		case r := <-w.queue:
			send(r)
		case <-w.stop:
			for {
				select {
				case r := <-w.queue:
					send(r)
				default:
					return
				}
			}
		}
	}
}
