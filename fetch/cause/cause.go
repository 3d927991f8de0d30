package cause

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Cause is a kind of fault.
//
// In Title, Why and Fix, words in braces stand for the particulars of a verdict:
// {page} is the page's origin, {url} that of the request that failed, {value} the
// Access-Control-Allow-Origin of its answer, and so on; see placeholders.
type Cause struct {
	// Slug is the stable name, such as preflight-not-routed.
	Slug string
	// Title says what is wrong, in at most about 70 characters.
	Title string
	// Side says who has to change something.
	Side Side
	// Severity is SeverityError unless the value says otherwise. A cause of a
	// refusal is always reported as an error.
	Severity verdict.Severity
	// Confidence is ConfidenceCertain unless the value says otherwise.
	Confidence verdict.Confidence
	// When says in a sentence which verdicts show it.
	When string
	// Why says in a sentence or two what is going on.
	Why string
	// Fix says what to change and where.
	Fix string

	// Example is a request that has the fault, and Fixed what is different once
	// it is fixed: the fields that are empty are those of the example.
	Example, Fixed Scenario

	at      check
	rank    rank
	shows   []string // headers of the answer that are evidence; with ">" those of the request
	applies func(*scene) bool
	isNote  func(*scene) bool // whether it is a note only; nil for never
}

// Side is who has to change something.
type Side string

// The sides.
const (
	Policy  Side = "policy"  // the server's CORS policy: what it allows
	Server  Side = "server"  // the server otherwise: routes, order of layers, errors
	Page    Side = "page"    // the page, or the request that its script makes
	Network Side = "network" // names, ports, certificates, connections
)

// Scenario is a request that script makes, and how servers answer.
type Scenario struct {
	// Page is the page's origin.
	Page string
	// Embedder is the page's embedder policy; empty for none.
	Embedder fetch.EmbedderPolicy
	// Request is what script asks for.
	Request fetch.Request
	// ReadHeaders are the response headers that script wants to read.
	ReadHeaders []string
	// Answers are those to the requests that the browser sends, in order.
	Answers []Answer
}

// Answer is the answer to one request.
type Answer struct {
	// Status is that of the answer.
	Status int
	// Headers are lines like "Vary: Origin".
	Headers string
	// Error says why there is no answer, and BodyError why its body broke off.
	Error, BodyError fetch.Code
}

// Degrees of confidence other than certain.
const (
	likely   = verdict.ConfidenceLikely
	possible = verdict.ConfidencePossible
)

// rank decides between causes that fit the same verdict.
type rank int8

const (
	otherServer rank = iota - 3 // not the server that was meant answers
	garbled                     // the headers are not what the server meant
	first                       // whatever else fits
	usual
	last // if nothing else fits
)

// makers are where the files of this package put their causes, one file each.
var makers []func() *Cause

// add adds a cause.
func add(maker func() *Cause) func() *Cause { //nolint:unparam // its result makes it the value of a variable
	makers = append(makers, maker)
	return maker
}

// registered returns every cause. They are made on first use, so that a program
// that needs none does not pay for them.
var registered = sync.OnceValue(func() []*Cause {
	causes := make([]*Cause, len(makers))
	for i, maker := range makers {
		c := maker()
		c.Why = strings.TrimSpace(c.Why) // sentences that several causes share end in a blank
		c.Severity = cmp.Or(c.Severity, verdict.SeverityError)
		c.Confidence = cmp.Or(c.Confidence, verdict.ConfidenceCertain)
		causes[i] = c
	}
	slices.SortFunc(causes, func(a, b *Cause) int { return cmp.Compare(a.Slug, b.Slug) })
	return causes
})

// All returns every cause, sorted by slug.
func All() []*Cause { return slices.Clone(registered()) }

// Lookup returns the cause of that slug, or nil.
func Lookup(slug string) *Cause {
	for _, c := range registered() {
		if c.Slug == slug {
			return c
		}
	}
	return nil
}

// Find returns the causes that v shows. If the request was refused, the first is
// the root cause, and others are faults that would show once it is fixed. If it
// was allowed, they are what will go wrong for others or later, the worst first;
// a healthy verdict has none. The verdicts in v.Profiles are not looked at.
func Find(v *verdict.Verdict) []verdict.Finding {
	s := sceneOf(v)
	var found []*Cause
	for _, at := range s.failed {
		fitting := s.fitting(at)
		if at != atPassed {
			fitting = fitting[:min(1, len(fitting))]
		}
		found = append(found, fitting...)
	}
	findings := make([]verdict.Finding, len(found))
	for i, c := range found {
		findings[i] = s.finding(c)
	}
	return findings
}

// Candidates returns every cause that fits the check at which v failed, the best
// first; nil if v was allowed. Programs that can find out more choose among them.
func Candidates(v *verdict.Verdict) (findings []verdict.Finding) {
	s := sceneOf(v)
	if v.Error == nil {
		return nil
	}
	for _, c := range s.fitting(s.failed[0]) {
		findings = append(findings, s.finding(c))
	}
	return findings
}

// Fill puts the particulars of v into a text that has words in braces, as the
// texts of a [Cause] do. Other words in braces stay as they are.
func Fill(v *verdict.Verdict, text string) string { return sceneOf(v).fill(text) }

// Annotate sets the Findings of v and of the verdicts in its Profiles. It drops
// the Change where the root cause of a refusal is not the policy: the change would
// not help then.
func Annotate(v *verdict.Verdict) {
	annotate(v)
	for _, other := range v.Profiles {
		annotate(other)
	}
}

func annotate(v *verdict.Verdict) {
	v.Findings = Find(v)
	if v.Error == nil || len(v.Findings) == 0 {
		return
	}
	if root := Lookup(v.Findings[0].Cause); root.Side != Policy {
		v.Change = nil
	}
}

// fitting returns the causes that fit a failed check, the best first.
func (s *scene) fitting(at check) (fit []*Cause) {
	for _, c := range registered() {
		if c.at&at != 0 && c.applies(s) {
			fit = append(fit, c)
		}
	}
	slices.SortFunc(fit, func(a, b *Cause) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(rankOf(s.severity(a)), rankOf(s.severity(b))), cmp.Compare(a.Slug, b.Slug))
	})
	return fit
}

// severity is that of a cause in this verdict, if the request was allowed.
func (s *scene) severity(c *Cause) verdict.Severity {
	if c.isNote != nil && c.isNote(s) {
		return verdict.SeverityNote
	}
	return c.Severity
}

// rankOf orders severities, the worst first.
func rankOf(severity verdict.Severity) int {
	return slices.Index([]verdict.Severity{verdict.SeverityError, verdict.SeverityWarning, verdict.SeverityNote}, severity)
}

// maxEvidence bounds the lines of evidence.
const maxEvidence = 8

func (s *scene) finding(c *Cause) verdict.Finding {
	f := verdict.Finding{
		Cause: c.Slug, Severity: s.severity(c), Confidence: c.Confidence,
		Title: s.fill(c.Title), Why: strings.TrimSpace(s.fill(c.Why)), Fix: verdict.Fix{Text: s.fill(c.Fix)},
		Evidence: []string{},
	}
	if s.v.Error != nil {
		f.Severity = verdict.SeverityError
	}
	if s.last.URL != "" {
		f.Place = &verdict.Place{URL: clip(s.last.URL, maxLine), Hop: s.last.Hop}
	}
	for _, line := range s.evidence(c) {
		f.Evidence = append(f.Evidence, clip(line, maxLine))
	}
	return f
}
