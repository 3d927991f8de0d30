package report

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Verdict is what a browser makes of a request, with what is needed to show it to
// people.
type Verdict struct {
	verdict.Verdict

	// Outcome is what the verdict was made of.
	Outcome *fetch.Outcome `json:"-"`
	// Others are the verdicts of other browsers.
	Others []*Verdict `json:"-"`
}

// NewVerdict makes a verdict of an outcome. readHeaders are names that are asked for.
func NewVerdict(o *fetch.Outcome, readHeaders []string) *Verdict {
	return &Verdict{Verdict: *verdict.Of(o, readHeaders...), Outcome: o}
}

// Add adds the verdict of another browser.
func (v *Verdict) Add(other *Verdict) {
	if v.Profiles == nil {
		v.Profiles = map[string]*verdict.Verdict{}
	}
	v.Profiles[other.Profile] = &other.Verdict
	v.Others = append(v.Others, other)
}

// Unsent takes the last request off the wire: the check stopped before it.
func (v *Verdict) Unsent() {
	n := len(v.Wire) - 1
	v.Wire, v.Outcome.Wire = v.Wire[:n], v.Outcome.Wire[:n]
}

// Record adds what the network knows of a request, unless it is not on the wire.
func (v *Verdict) Record(i int, r *probe.Record) {
	if i >= len(v.Wire) {
		return
	}
	w := &v.Wire[i]
	if len(r.Sent) > 0 {
		w.Headers = r.Sent
	}
	w.Protocol, w.TLS, w.Remote = r.Protocol, r.TLS, r.Remote
	w.Milliseconds = float64(r.Duration.Microseconds()) / 1000
}

// HasCookie reports whether cookies went along with request i.
func (v *Verdict) HasCookie(i int) bool {
	return v.Wire[i].Headers.Has("Cookie")
}
