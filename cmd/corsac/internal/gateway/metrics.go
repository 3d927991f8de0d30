package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/topk"
	"github.com/corsac-dev/corsac/cors"
)

// Metrics counts what gateways do. Labels are bounded by the configuration and by
// what the code has: nothing that a client sends becomes one.
type Metrics struct {
	decisions *prometheus.CounterVec   // by route, policy, kind, allowed and reason
	refused   *prometheus.CounterVec   // by route and option
	trials    *prometheus.CounterVec   // by route, policy, trial, kind and outcome
	limits    *prometheus.CounterVec   // by limit
	failures  *prometheus.CounterVec   // by route and code
	responses *prometheus.CounterVec   // by route and status
	durations *prometheus.HistogramVec // by route
	upstream  *prometheus.HistogramVec // by route
	inFlight  atomic.Int64

	refusals *topk.List[Refused]
}

// maxRefused bounds how many different refusals are counted.
const maxRefused = 200

// buckets are those of durations, in seconds.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60}

// NewMetrics returns metrics that are registered.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "corsac", Name: name, Help: help}, labels)
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "corsac", Name: name, Help: help, Buckets: buckets}, []string{"route"})
	}
	m := &Metrics{
		decisions: counter("cors_decisions_total", "Requests by what the policy of their route says of them.", "route", "policy", "kind", "allowed", "reason"),
		refused:   counter("refused_requests_total", "Actual requests that an option of their route has refused.", "route", "option"),
		trials:    counter("trial_total", "Cross-origin requests by how a policy on trial compares with what is in force.", "route", "policy", "trial", "kind", "outcome"),
		limits:    counter("limits_total", "Requests and connections that have reached a limit of the configuration.", "limit"),
		failures:  counter("upstream_failures_total", "Requests that the upstream did not answer, by the code of the gateway's own answer.", "route", "code"),
		responses: counter("responses_total", "Responses to requests other than preflights. The status is 0 if the connection broke off.", "route", "status"),
		durations: histogram("response_duration_seconds", "Time until the end of responses to requests other than preflights."),
		upstream:  histogram("upstream_duration_seconds", "Time until upstreams had sent the header of their responses."),
		refusals:  topk.New[Refused](maxRefused),
	}
	inFlight := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "corsac", Name: "requests_in_flight", Help: "Requests that are being answered, open streams and WebSockets included.",
	}, func() float64 { return float64(m.inFlight.Load()) })
	r.MustRegister(m.decisions, m.refused, m.trials, m.limits, m.failures, m.responses, m.durations, m.upstream, inFlight)
	return m
}

// limited counts that a client has reached a limit.
func (m *Metrics) limited(limit string) {
	if m != nil {
		m.limits.WithLabelValues(limit).Inc()
	}
}

// begin and end count a request while it is in flight.
func (m *Metrics) begin() {
	if m != nil {
		m.inFlight.Add(1)
	}
}

func (m *Metrics) end() {
	if m != nil {
		m.inFlight.Add(-1)
	}
}

// series are those with these labels. An empty one stands for any, or none.
type series struct{ route, policy, trial string }

// count notes which series a route has, which are no longer needed once none has them.
func (s *setup) count(rt *route) {
	s.series[series{route: rt.label}] = true
	s.series[series{rt.label, rt.main.name, ""}] = true
	if rt.watched != nil {
		s.series[series{rt.label, theUpstream, rt.main.name}] = true
	}
	if rt.trial != nil {
		s.series[series{rt.label, rt.trial.name, ""}] = true
		s.series[series{rt.label, rt.main.name, rt.trial.name}] = true
	}
}

// forget removes series of what is no longer there.
func (m *Metrics) forget(gone series) {
	of := prometheus.Labels{"route": gone.route}
	if gone.policy != "" {
		of["policy"] = gone.policy
	}
	if gone.trial != "" {
		of["trial"] = gone.trial
	}
	for _, vec := range []interface {
		DeletePartialMatch(labels prometheus.Labels) int
	}{m.decisions, m.refused, m.trials, m.failures, m.responses, m.durations, m.upstream} {
		vec.DeletePartialMatch(of)
	}
}

// tally counts the requests of one route. Nil counts nothing.
type tally struct {
	metrics            *Metrics
	route, policy      string
	duration, upstream prometheus.Observer

	decisions few[decided] // which are few, so that none is looked up by its labels
	responses few[int]     // by status
}

// few are counters of few keys, which are found without a lock.
type few[K comparable] struct {
	mu   sync.Mutex // of those who add one
	list atomic.Pointer[[]keyed[K]]
}

type keyed[K comparable] struct {
	key     K
	counter prometheus.Counter
}

// of returns the counter of a key, which fresh returns the first time.
func (f *few[K]) of(key K, fresh func() prometheus.Counter) prometheus.Counter {
	if c := f.find(key); c != nil {
		return c
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.find(key); c != nil {
		return c
	}
	var list []keyed[K]
	if before := f.list.Load(); before != nil {
		list = slices.Clone(*before)
	}
	c := fresh()
	list = append(list, keyed[K]{key, c})
	f.list.Store(&list)
	return c
}

func (f *few[K]) find(key K) prometheus.Counter {
	if list := f.list.Load(); list != nil {
		for i := range *list {
			if (*list)[i].key == key {
				return (*list)[i].counter
			}
		}
	}
	return nil
}

// decided is what decisions are counted by.
type decided struct {
	kind    cors.Kind
	allowed bool
	reason  cors.Reason
}

// NoRoute stands for requests that match no route.
const NoRoute = "none"

// Label returns the name of a route in metrics.
func Label(c *config.Route) string {
	path := c.Path
	if path == "" {
		path = "/"
	}
	if c.Exact {
		path += " (exact)"
	}
	return c.Host + path
}

func (m *Metrics) tally(route, policy string) *tally {
	if m == nil {
		return nil
	}
	return &tally{
		metrics: m, route: route, policy: policy,
		duration: m.durations.WithLabelValues(route), upstream: m.upstream.WithLabelValues(route),
	}
}

var kindNames = map[cors.Kind]string{cors.NonCORS: "none", cors.Actual: kindActual, cors.Preflight: kindPreflight}

// note counts a decision about a request, and keeps it for the access log.
func note(w http.ResponseWriter, r *http.Request, d cors.Decision, t *tally) {
	observe(w, d)
	t.decision(d)
	if t != nil && !d.Allowed && isCORS(r) {
		t.metrics.refusals.Add(refusedBy(t.policy, &d))
	}
}

// decision counts a decision.
func (t *tally) decision(d cors.Decision) {
	if t == nil {
		return
	}
	t.decisions.of(decided{d.Kind, d.Allowed, d.Reason}, func() prometheus.Counter {
		return t.metrics.decisions.WithLabelValues(t.route, t.policy, kindNames[d.Kind], strconv.FormatBool(d.Allowed), d.Reason.String())
	}).Inc()
}

// refusal counts a request that an option has refused.
func (t *tally) refusal(r *http.Request, option string) {
	if t != nil {
		t.metrics.refused.WithLabelValues(t.route, option).Inc()
		if !isCORS(r) { // otherwise the policy has refused it, too
			t.metrics.refusals.Add(refusedOption(t.policy, r, option))
		}
	}
}

// failure counts a request that the upstream did not answer.
func (t *tally) failure(code string) {
	if t != nil {
		t.metrics.failures.WithLabelValues(t.route, code).Inc()
	}
}

// response counts a response, for which the upstream has been waited for, unless that
// is 0.
func (t *tally) response(o *observer, waited time.Duration) {
	if t == nil {
		return
	}
	status := min(o.status, 599) // an upstream may send any, and labels are bounded
	t.responses.of(status, func() prometheus.Counter {
		return t.metrics.responses.WithLabelValues(t.route, strconv.Itoa(status))
	}).Inc()
	t.duration.Observe(time.Since(o.start).Seconds())
	if waited > 0 {
		t.upstream.Observe(waited.Seconds())
	}
}

// isPreflight reports whether a request is a preflight, of which only decisions are
// counted.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
}
