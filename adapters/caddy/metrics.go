package corsaccaddy

import (
	"errors"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cors"
)

var requests = prometheus.NewDesc("caddy_corsac_requests_total",
	"Requests by what the policy decided; with trial=\"true\", requests that a policy on trial would have refused.",
	[]string{"policy", "kind", "reason", "trial"}, nil)

// counts collects the decisions of all handlers of a configuration. The series are
// bounded: names of policies times kinds times reasons.
type counts struct {
	mu       sync.Mutex
	handlers []*Handler
}

// register makes the registry of a configuration count the decisions of a handler.
func register(registry *prometheus.Registry, h *Handler) error {
	c := new(counts)
	err := registry.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		c, err = already.ExistingCollector.(*counts), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers = append(c.handlers, h)
	return err
}

// Describe implements [prometheus.Collector].
func (*counts) Describe(to chan<- *prometheus.Desc) { to <- requests }

// Collect implements [prometheus.Collector].
func (c *counts) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	type series struct {
		policy string
		d      cors.Decision
	}
	sums := map[series]uint64{}
	for _, h := range c.handlers {
		for d, n := range h.observer.Counts() {
			sums[series{h.Name, d}] += n
		}
	}
	for s, n := range sums {
		to <- prometheus.MustNewConstMetric(requests, prometheus.CounterValue, float64(n),
			s.policy, s.d.Kind.String(), s.d.Reason.String(), strconv.FormatBool(s.d.Trial))
	}
}
