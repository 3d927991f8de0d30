package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/visible"
)

// Refused is why requests were refused. What clients send is in it with hidden
// characters escaped, and bounded.
type Refused struct {
	Origin string
	Policy string // "" if no route takes the path
	Reason string // that of a policy, or the name of an option
	Value  string // the method or the header that is not allowed
}

// maxShown bounds what is kept of a text from a client, in bytes.
const maxShown = 200

func shown(text string) string {
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return visible.Escape(text)
}

// refusedBy returns what a policy has refused.
func refusedBy(policy string, d *cors.Decision) Refused {
	k := Refused{Origin: shown(d.Origin), Policy: policy, Reason: d.Reason.String()}
	switch d.Reason {
	case cors.MethodNotAllowed:
		k.Value = shown(d.Method)
	case cors.HeaderNotAllowed, cors.AuthorizationNotListed:
		k.Value = shown(d.Header)
	}
	return k
}

// refusedOption returns what an option of a route has refused.
func refusedOption(policy string, r *http.Request, option string) Refused {
	return Refused{Origin: shown(strings.Join(r.Header["Origin"], ", ")), Policy: policy, Reason: option}
}

// Refusal is what was refused how often, and what would change that.
type Refusal struct {
	Origin string `json:"origin"`
	Policy string `json:"policy,omitempty"`
	Reason string `json:"reason"`
	Value  string `json:"value,omitempty"`
	Count  uint64 `json:"count"`
	// Over is by how much the count may be too high.
	Over uint64 `json:"over,omitempty"`
	// Change is the one change to the policy that would allow it, and Obstacle why
	// there is none.
	Change   string `json:"change,omitempty"`
	Obstacle string `json:"obstacle,omitempty"`
}

// Refusals returns the n most frequent refusals, with the changes to c.
func (m *Metrics) Refusals(c *config.Config, n int) []Refusal {
	list := []Refusal{} // never null in JSON
	for _, e := range m.refusals.Top(n) {
		r := Refusal{Origin: e.Value.Origin, Policy: e.Value.Policy, Reason: e.Value.Reason, Value: e.Value.Value, Count: e.Count, Over: e.Over}
		r.Change, r.Obstacle = e.Value.change(c)
		list = append(list, r)
	}
	return list
}

// change returns the change to a policy that allows what it has refused, or why there
// is none.
func (k *Refused) change(c *config.Config) (change, obstacle string) {
	policy, known := c.Policies[k.Policy]
	switch {
	case k.Policy == "":
		return "", "no route takes the path"
	case !known:
		return "", "the policy is no longer there"
	}
	field, value, wanted := "allow_origins", k.Origin, cors.Policy{AllowOrigins: []string{k.Origin}}
	switch k.Reason {
	case cors.MethodNotAllowed.String():
		field, value, wanted = "allow_methods", k.Value, cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{k.Value}}
	case cors.HeaderNotAllowed.String(), cors.AuthorizationNotListed.String():
		field, value, wanted = "allow_headers", k.Value, cors.Policy{AllowOrigins: []string{"*"}, AllowHeaders: []string{k.Value}}
	case cors.OriginNull.String():
		return "", "any page can have the origin null"
	case cors.OriginMalformed.String(), cors.MethodMalformed.String(), cors.HeadersMalformed.String():
		return "", "no browser sends this"
	default: // an origin
		wanted.AllowCredentials = policy.AllowCredentials
	}
	var mistakes cors.ConfigErrors
	if _, err := cors.New(wanted); errors.As(err, &mistakes) {
		return "", "no policy may allow it: " + visible.Escape(mistakes[0].Why)
	}
	at := c.Place(k.Policy, field, -1)
	if at.Line == 0 {
		return fmt.Sprintf("add %s to %s", value, field), ""
	}
	return fmt.Sprintf("%s:%d: add %s to %s of %s", at.File, at.Line, value, field, k.Policy), ""
}

// Counts are the requests of one route.
type Counts struct {
	Decisions uint64 `json:"requests"` // preflights included
	Refused   uint64 `json:"refused"`  // by the policy, or an option
	Failures  uint64 `json:"upstream_failures"`
	Errors    uint64 `json:"server_errors"` // responses with status 500 and more
}

// Counts returns what has been counted, by the label of the route.
func (m *Metrics) Counts() map[string]Counts {
	counts := map[string]Counts{}
	add := func(vec prometheus.Collector, to func(c *Counts, labels map[string]string, n uint64)) {
		eachCounter(vec, func(labels map[string]string, n uint64) {
			c := counts[labels["route"]]
			to(&c, labels, n)
			counts[labels["route"]] = c
		})
	}
	add(m.decisions, func(c *Counts, labels map[string]string, n uint64) {
		c.Decisions += n
		if labels["allowed"] == "false" && labels["kind"] != "none" {
			c.Refused += n
		}
	})
	add(m.failures, func(c *Counts, _ map[string]string, n uint64) { c.Failures += n })
	add(m.responses, func(c *Counts, labels map[string]string, n uint64) {
		if labels["status"] >= "500" {
			c.Errors += n
		}
	})
	return counts
}

// Limits returns how often each limit was reached, without those that were not.
func (m *Metrics) Limits() map[string]uint64 {
	reached := map[string]uint64{}
	eachCounter(m.limits, func(labels map[string]string, n uint64) { reached[labels["limit"]] = n })
	return reached
}

// InFlight returns how many requests are being answered.
func (m *Metrics) InFlight() int64 { return m.inFlight.Load() }

// eachCounter calls a function with the labels and the value of each counter of a
// vector.
func eachCounter(vec prometheus.Collector, call func(labels map[string]string, n uint64)) {
	metrics := make(chan prometheus.Metric)
	go func() {
		vec.Collect(metrics)
		close(metrics)
	}()
	for metric := range metrics {
		var m dto.Metric
		if metric.Write(&m) != nil {
			continue // which cannot be, of a counter
		}
		labels := map[string]string{}
		for _, pair := range m.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		call(labels, uint64(m.GetCounter().GetValue()))
	}
}
