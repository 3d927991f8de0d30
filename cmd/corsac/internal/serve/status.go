package serve

import (
	"cmp"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// Status is which configuration runs, what became of the latest one, and what has
// happened since the start.
type Status struct {
	Version string `json:"version,omitempty"`
	File    string `json:"file,omitempty"`
	// Hash is the SHA-256 of the configuration that runs, and Since when it began to.
	Hash  string    `json:"hash"`
	Since time.Time `json:"since"`
	// Reloads is how many configurations have replaced another, and Refused how many
	// have been refused.
	Reloads int `json:"reloads"`
	Refused int `json:"refused"`
	// Problem is why the file as it is now does not run; nil if it does.
	Problem *Problem `json:"problem,omitempty"`
	// CertificateProblem is why the files of certificates as they are now are not used;
	// nil if they are.
	CertificateProblem *Problem `json:"certificate_problem,omitempty"`
	// Restart are the fields whose new values need a restart.
	Restart []string `json:"restart,omitempty"`

	Started  time.Time `json:"started"`
	Stopping bool      `json:"stopping,omitempty"`
	*Activity
}

// Activity is what has happened since the start.
type Activity struct {
	InFlight     int64             `json:"in_flight"`
	Routes       []RouteStatus     `json:"routes"`
	Limits       []LimitStatus     `json:"limits,omitempty"`       // the most frequent first
	Refusals     []gateway.Refusal `json:"refusals"`               // the most frequent first
	Certificates []CertificateEnd  `json:"certificates,omitempty"` // the first to end first
}

// LimitStatus is how often clients have reached a limit.
type LimitStatus struct {
	Limit   string `json:"limit"` // as the configuration names it
	Reached uint64 `json:"reached"`
}

// CertificateEnd is when a certificate ends, by its first name.
type CertificateEnd struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

// RouteStatus is a route of the configuration that runs, with its counts.
type RouteStatus struct {
	Route    string `json:"route"` // host and path
	Upstream string `json:"upstream,omitempty"`
	Policy   string `json:"policy,omitempty"`
	// Trial is the policy on trial, and Rollout for how many percent of the origins it
	// is announced.
	Trial   string `json:"trial,omitempty"`
	Rollout int    `json:"rollout,omitempty"`
	gateway.Counts
}

// Problem is why a file was refused, and when.
type Problem struct {
	At       time.Time `json:"at"`
	Mistakes []string  `json:"mistakes"`
}

// maxRefusals bounds how many refusals a status has.
const maxRefusals = 20

// Status returns which configuration runs. With an admin address, there is what has
// happened since the start.
func (r *Runner) Status() Status {
	s := r.state()
	if r.metrics != nil {
		s.Activity = r.activity()
	}
	return s
}

// state returns the status without what has happened.
func (r *Runner) state() Status {
	r.reloads.mu.Lock()
	s := r.reloads.status
	r.reloads.mu.Unlock()
	s.Version, s.File, s.Started, s.Stopping = r.Version, r.File, r.started, r.stopping.Load()
	return s
}

func (r *Runner) activity() *Activity {
	c := r.Running()
	a := &Activity{InFlight: r.metrics.InFlight(), Routes: []RouteStatus{}, Refusals: r.metrics.Refusals(c, maxRefusals)}
	counts := r.metrics.Counts()
	for i := range c.Gateway.Routes {
		route := &c.Gateway.Routes[i]
		label := gateway.Label(route)
		s := RouteStatus{Route: label, Policy: route.Policy, Trial: route.Trial, Rollout: route.Rollout, Counts: counts[label]}
		if route.Upstream != nil {
			s.Upstream = route.Upstream.Redacted()
		}
		a.Routes = append(a.Routes, s)
	}
	if none, some := counts[gateway.NoRoute]; some {
		a.Routes = append(a.Routes, RouteStatus{Route: gateway.NoRoute, Counts: none})
	}
	for limit, n := range r.metrics.Limits() {
		a.Limits = append(a.Limits, LimitStatus{limit, n})
	}
	slices.SortFunc(a.Limits, func(x, y LimitStatus) int {
		return cmp.Or(cmp.Compare(y.Reached, x.Reached), cmp.Compare(x.Limit, y.Limit))
	})
	if r.certs != nil {
		for name, until := range r.certs.Expiries() {
			a.Certificates = append(a.Certificates, CertificateEnd{name, until})
		}
	}
	slices.SortFunc(a.Certificates, func(x, y CertificateEnd) int { return cmp.Or(x.Until.Compare(y.Until), cmp.Compare(x.Name, y.Name)) })
	return a
}
