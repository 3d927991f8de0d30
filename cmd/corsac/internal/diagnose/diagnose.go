package diagnose

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// Options say how far a diagnosis goes.
type Options struct {
	// MaxProbes bounds the requests to one host. If 0, it is 40 for this machine
	// and its network, and 12 elsewhere.
	MaxProbes int
	// Time bounds each diagnosis; [DefaultTime] if 0.
	Time time.Duration
	// Passive sends nothing.
	Passive bool
	// Send also makes the request itself again if it may change something.
	Send bool
	// Stack is what the server runs on, if the user says so.
	Stack *stacks.Stack
}

// Sender makes the requests of a diagnosis: a [check.Session].
type Sender interface {
	// Ask sends a request, and must be safe for concurrent use.
	Ask(context.Context, *check.Ask) *check.Answer
	// Space is the address space of a host.
	Space(host string) origin.AddressSpace
	// Bodies and Changes belong to the verdict, and Command checks it again.
	Bodies() [][]byte
	Changes() []verdict.Change
	Command(url, page string) string
}

// Diagnoser diagnoses the verdicts of one command. The hosts that several of them
// meet share their probes and their budget. It is safe for concurrent use.
type Diagnoser struct {
	options Options
	token   string

	mu    sync.Mutex
	hosts map[string]*host
}

// Check reports every mistake in the options, by the names of the flags of check.
func (o *Options) Check() error {
	var errs []error
	if o.MaxProbes < 0 || o.MaxProbes > maxProbes {
		errs = append(errs, fmt.Errorf("--max-probes %d is out of range; use 0 to %d", o.MaxProbes, maxProbes))
	}
	if o.Time <= 0 || o.Time > maxTime {
		errs = append(errs, fmt.Errorf("--probe-time %v is out of range; use more than 0 and at most %v seconds", o.Time.Seconds(), maxTime.Seconds()))
	}
	return errors.Join(errs...)
}

// The bounds of options.
const (
	maxProbes = 1000
	maxTime   = 10 * time.Minute
)

// New returns a diagnoser.
func New(o Options) *Diagnoser {
	var random [6]byte
	_, _ = rand.Read(random[:]) // it never fails
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	return &Diagnoser{options: o, token: hex.EncodeToString(random[:]), hosts: map[string]*host{}}
}

// Diagnose sets the Findings of v, drops a Change that would not help, and returns
// v with the probes. If only a browser in v.Profiles blocks the request, it does so
// for that one; otherwise those are left as they are. Without a sender, it sends
// nothing. It returns early when ctx is done, with what is known by then. A nil
// Diagnoser returns v as it is.
func (d *Diagnoser) Diagnose(ctx context.Context, sender Sender, v *verdict.Verdict) *Verdict {
	if d == nil {
		return &Verdict{Verdict: v}
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Time)
	defer cancel()
	subject := v
	if failed := v.Failed(); failed != nil {
		subject = failed
	}
	s := d.scene(ctx, sender, subject)
	var findings []finding.Finding
	if s.blocked() {
		findings = s.refusal()
	} else {
		findings = s.latent()
	}
	subject.Findings = findings
	s.fixes()
	return &Verdict{Verdict: v, Probes: s.probes}
}

// scene returns what is known about v before anything is asked.
func (d *Diagnoser) scene(ctx context.Context, sender Sender, v *verdict.Verdict) *scene {
	s := &scene{Options: d.options, ctx: ctx, token: d.token, v: v, last: &verdict.Wire{URL: v.Request.URL}, known: map[string]bool{}}
	s.candidates = cause.Candidates(v)
	if n := len(v.Wire); n > 0 {
		s.last = &v.Wire[n-1]
	}
	s.url = urlOf(s.last.URL)
	s.named, _ = origin.ParseURL(v.Request.URL)
	s.server, _ = origin.ParseURL(s.last.URL)
	s.page, _ = origin.Parse(v.Request.Origin)
	s.changes = v.Change
	if sender != nil {
		s.command = sender.Command(v.Request.URL, v.Request.Origin)
		if list := sender.Changes(); list != nil {
			s.changes = list
		}
		s.bodies = sender.Bodies()
		if n := len(v.Wire); n > 0 && len(s.bodies) == n {
			s.body = string(s.bodies[n-1])
		}
	}
	for i := range v.Wire {
		s.look(i)
	}
	if sender != nil && !s.Passive && isWeb(s.url.Scheme) {
		s.sender = sender
		s.hostOf = func(url string) *host { return d.hostOf(sender, url) }
	}
	return s
}

func isWeb(scheme string) bool { return scheme == "http" || scheme == "https" }

// look keeps what request i of the verdict shows.
func (s *scene) look(i int) {
	w := &s.v.Wire[i]
	if w.Status == 0 {
		return
	}
	seen := stacks.Seen{Method: w.Method, URL: w.URL, Status: w.Status, Headers: w.ResponseHeaders}
	if i < len(s.bodies) {
		seen.Body = string(s.bodies[i])
	}
	s.seen = append(s.seen, seen)
	if at, err := origin.ParseURL(w.URL); err == nil && at.SameOrigin(s.named) && s.cookie == "" {
		s.cookie = w.Headers.Get("Cookie")
	}
}

// hostOf returns what is known about the host of a URL.
func (d *Diagnoser) hostOf(sender Sender, url string) *host {
	name := urlOf(url).Host
	d.mu.Lock()
	h := d.hosts[name]
	d.mu.Unlock()
	if h != nil {
		return h
	}
	near := isNear(sender.Space(name)) // which may take the time of a look-up
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hosts[name] == nil {
		d.hosts[name] = newHost(near, d.options.MaxProbes)
	}
	return d.hosts[name]
}

// refusal returns the causes of a refusal, the root first.
func (s *scene) refusal() []finding.Finding {
	found := cause.Find(s.v)
	for _, c := range ranked() {
		if len(found) == 0 || !slices.Contains(c.of, s.symptom()) {
			continue
		}
		f := c.find(s)
		if f == nil {
			continue
		}
		root := s.finding(c.Cause, f)
		s.specific = f.fix != ""
		if s.policyToo = f.policyToo; s.policyToo && s.sender != nil {
			s.command = s.sender.Command(f.elsewhere, s.v.Request.Origin)
		}
		list := []finding.Finding{root}
		if f.symptom && found[0].Cause != root.Cause {
			list = append(list, found[0])
		}
		for i := range found[1:] {
			if found[1+i].Cause != root.Cause {
				list = append(list, found[1+i])
			}
		}
		if below := Lookup(f.below); below != nil {
			note := s.finding(below, by().saying(f.belowLine))
			note.Severity = below.Severity
			list = append(list, note)
		}
		return s.keepChange(list, f)
	}
	return s.keepChange(found, &shown{})
}

// latent returns what will go wrong with a request that is allowed.
func (s *scene) latent() []finding.Finding {
	found := slices.DeleteFunc(cause.Find(s.v), func(f finding.Finding) bool { return s.disproved(&f) })
	for _, c := range ranked() {
		if c.of != nil {
			continue
		}
		if f := c.find(s); f != nil {
			found = slices.DeleteFunc(found, func(old finding.Finding) bool { return old.Cause == c.Slug || slices.Contains(f.instead, old.Cause) })
			found = append(found, s.finding(c.Cause, f))
		}
	}
	slices.SortStableFunc(found, func(a, b finding.Finding) int { return severityRank(a.Severity) - severityRank(b.Severity) })
	return found
}

// severityRank orders severities, the worst first.
func severityRank(s finding.Severity) int {
	return slices.Index([]finding.Severity{finding.Error, finding.Warning, finding.Note}, s)
}

// keepChange sets the Change of the verdict to one that helps: that of the root
// if it is the policy, and otherwise none.
func (s *scene) keepChange(found []finding.Finding, f *shown) []finding.Finding {
	s.v.Change = nil
	if len(found) == 0 {
		return found
	}
	root := Lookup(found[0].Cause)
	switch {
	case f.change != nil:
		s.v.Change = f.change
	case root == nil || root.Side != cause.Policy:
	case s.changes != nil:
		s.v.Change = s.changes
	}
	return found
}

// finding is what a rule shows, in words.
func (s *scene) finding(c *Cause, f *shown) finding.Finding {
	fill := func(text string) string {
		for name, word := range f.words {
			text = strings.ReplaceAll(text, "{"+name+"}", printable(word))
		}
		return strings.TrimSpace(cause.Fill(s.v, text))
	}
	out := finding.Finding{
		Cause: c.Slug, Severity: c.Severity, Confidence: c.Confidence,
		Title: fill(c.Title), Why: fill(c.Why), Fix: finding.Fix{Text: fill(c.Fix)}, Evidence: f.evidence,
	}
	if f.finding != nil {
		out = *f.finding
		out.Evidence = f.evidence
	}
	if f.title != "" {
		out.Title = fill(f.title)
	}
	if f.why != "" {
		out.Why = fill(f.why)
	}
	if f.fix != "" {
		out.Fix.Text = fill(f.fix)
	}
	if f.confidence != "" {
		out.Confidence = f.confidence
	}
	if f.severity != "" {
		out.Severity = f.severity
	}
	if s.blocked() {
		out.Severity = finding.Error
	}
	if s.last.URL != "" {
		out.Place = &finding.Place{URL: printable(s.last.URL), Hop: s.last.Hop}
	}
	if n := len(out.Evidence); n == 0 {
		out.Evidence = []string{}
	} else {
		out.Evidence = out.Evidence[:min(n, maxEvidence)]
	}
	return out
}

// maxEvidence bounds the lines of evidence of a finding.
const maxEvidence = 8
