package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cors"
)

// trial is a policy that is compared with that of its route, and announced to a share
// of the origins.
type trial struct {
	announced

	beside  *announced // the policy of the route
	rollout int        // percent
	differs [cors.Preflight + 1]bool
	*comparison
}

// newTrial compares two policies.
func newTrial(a announced, beside *announced, rollout int, c *comparison) *trial {
	t := &trial{announced: a, beside: beside, rollout: rollout, comparison: c}
	x, y := beside.policy.Policy(), a.policy.Policy()
	credentials := x.AllowCredentials != y.AllowCredentials
	t.differs[cors.Actual] = credentials || x.AllowTiming != y.AllowTiming || x.ResourcePolicy != y.ResourcePolicy || !slices.Equal(x.ExposeHeaders, y.ExposeHeaders)
	t.differs[cors.Preflight] = credentials || x.MaxAge != y.MaxAge
	return t
}

// isPartial reports whether some origins get one policy and some the other.
func (t *trial) isPartial() bool { return t.rollout > 0 && t.rollout < 100 }

// has reports whether the trial is announced to an origin.
func (t *trial) has(origin []string) bool {
	if !t.isPartial() {
		return t.rollout > 0
	}
	return len(origin) == 1 && ShareOf(origin[0]) < t.rollout
}

// ShareOf returns a number from 0 to 99 for an origin: the first four bytes of its
// SHA-256, modulo 100. A trial is announced to the origins whose number is below its
// percentage. It depends on nothing else, so all gateways agree, and an origin stays
// with the trial while the percentage grows.
func ShareOf(origin string) int {
	sum := sha256.Sum256([]byte(origin))
	return int(binary.BigEndian.Uint32(sum[:4]) % 100)
}

// compare compares the decision of the policy that is announced with that of the other.
func (t *trial) compare(a *announced, r *http.Request, d cors.Decision) {
	if d.Kind == cors.NonCORS || !isCORS(r) {
		return
	}
	ours, theirs := d, d // of the policy, and of the trial
	if a == t.beside {
		theirs = t.policy.Decide(r)
	} else {
		ours = t.beside.policy.Decide(r)
	}
	o := outcomeOf(ours.Allowed, theirs.Allowed, t.differs[d.Kind])
	t.count(d.Kind, o)
	switch o {
	case trialRefuses:
		t.refusal.write(r, theirs, t.policy, "the trial refuses what the policy allows", slog.String("trial", t.name))
	case trialAllows:
		t.beside.refusal.write(r, ours, t.beside.policy, "the trial allows what the policy refuses", slog.String("trial", t.name))
	}
}

// outcome is how a policy on trial compares with what is in force.
type outcome int

const (
	trialSame outcome = iota
	trialRefuses
	trialAllows
	trialDiffers // both allow it, but not the same things with it
)

var outcomes = [...]string{trialSame: "same", trialRefuses: "refused", trialAllows: "allowed", trialDiffers: "differs"}

func outcomeOf(inForce, onTrial, differs bool) outcome {
	switch {
	case inForce && !onTrial:
		return trialRefuses
	case !inForce && onTrial:
		return trialAllows
	case inForce && differs:
		return trialDiffers
	}
	return trialSame
}

// theUpstream stands for the policy in metrics, where the upstream handles CORS.
const theUpstream = "(upstream)"

// comparison counts outcomes. Nil counts nothing.
type comparison struct {
	counters [cors.Preflight + 1][len(outcomes)]prometheus.Counter
}

// comparison returns what counts how a policy compares with another.
func (m *Metrics) comparison(route, policy, trial string) *comparison {
	if m == nil {
		return nil
	}
	c := &comparison{}
	for _, kind := range []cors.Kind{cors.Actual, cors.Preflight} {
		for o, name := range outcomes {
			c.counters[kind][o] = m.trials.WithLabelValues(route, policy, trial, kindNames[kind], name)
		}
	}
	return c
}

func (c *comparison) count(kind cors.Kind, o outcome) {
	if c != nil {
		c.counters[kind][o].Inc()
	}
}
