package gateway

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
)

// Metrics counts what gateways do. Labels are bounded by the configuration and by
// what the code has: nothing that a client sends becomes one.
type Metrics struct {
	decisions *prometheus.CounterVec   // by route, policy, kind, allowed and reason
	refused   *prometheus.CounterVec   // by route and option
	failures  *prometheus.CounterVec   // by route and code
	responses *prometheus.CounterVec   // by route and status
	durations *prometheus.HistogramVec // by route
}

// NewMetrics returns metrics that are registered.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "corsac", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		decisions: counter("cors_decisions_total", "Requests by what the policy of their route says of them.", "route", "policy", "kind", "allowed", "reason"),
		refused:   counter("refused_requests_total", "Actual requests that an option of their route has refused.", "route", "option"),
		failures:  counter("upstream_failures_total", "Requests that the upstream did not answer, by the code of the gateway's own answer.", "route", "code"),
		responses: counter("responses_total", "Responses to requests other than preflights. The status is 0 if the connection broke off.", "route", "status"),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "corsac", Name: "response_duration_seconds", Help: "Time until the end of responses to requests other than preflights.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}, []string{"route"}),
	}
	r.MustRegister(m.decisions, m.refused, m.failures, m.responses, m.durations)
	return m
}

// forget removes the series of a route that is no longer there.
func (m *Metrics) forget(route string) {
	of := prometheus.Labels{"route": route}
	for _, vec := range []interface {
		DeletePartialMatch(labels prometheus.Labels) int
	}{m.decisions, m.refused, m.failures, m.responses, m.durations} {
		vec.DeletePartialMatch(of)
	}
}

// tally counts the requests of one route. Nil counts nothing.
type tally struct {
	metrics       *Metrics
	route, policy string
	duration      prometheus.Observer

	mu        sync.Mutex
	decisions map[decided]prometheus.Counter // which are few, so that none is looked up by its labels
	responses map[int]prometheus.Counter     // by status
}

// decided is what decisions are counted by.
type decided struct {
	kind    cors.Kind
	allowed bool
	reason  cors.Reason
}

// noRouteLabel stands for requests that match no route.
const noRouteLabel = "none"

// labelOf returns the name of a route in metrics.
func labelOf(c *config.Route) string {
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
		metrics: m, route: route, policy: policy, duration: m.durations.WithLabelValues(route),
		decisions: map[decided]prometheus.Counter{}, responses: map[int]prometheus.Counter{},
	}
}

var kindNames = map[cors.Kind]string{cors.NonCORS: "none", cors.Actual: "actual", cors.Preflight: "preflight"}

// decision counts a decision.
func (t *tally) decision(d cors.Decision) {
	if t == nil {
		return
	}
	key := decided{d.Kind, d.Allowed, d.Reason}
	t.mu.Lock()
	c := t.decisions[key]
	if c == nil {
		c = t.metrics.decisions.WithLabelValues(t.route, t.policy, kindNames[d.Kind], strconv.FormatBool(d.Allowed), d.Reason.String())
		t.decisions[key] = c
	}
	t.mu.Unlock()
	c.Inc()
}

// refusal counts a request that an option has refused.
func (t *tally) refusal(option string) {
	if t != nil {
		t.metrics.refused.WithLabelValues(t.route, option).Inc()
	}
}

// failure counts a request that the upstream did not answer.
func (t *tally) failure(code string) {
	if t != nil {
		t.metrics.failures.WithLabelValues(t.route, code).Inc()
	}
}

// response counts a response.
func (t *tally) response(o *observer) {
	if t == nil {
		return
	}
	status := o.status
	if status > 599 {
		status = 599 // an upstream may send any, and labels are bounded
	}
	t.mu.Lock()
	c := t.responses[status]
	if c == nil {
		c = t.metrics.responses.WithLabelValues(t.route, strconv.Itoa(status))
		t.responses[status] = c
	}
	t.mu.Unlock()
	c.Inc()
	t.duration.Observe(time.Since(o.start).Seconds())
}

// isPreflight reports whether a request is a preflight, of which only decisions are
// counted.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
}
