package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// Ask is a request that script of a page makes.
type Ask struct {
	// Origin is the page's, URL where the request goes.
	Origin, URL string
	Method      string
	// Spelled is what the Origin header has instead of Origin, as no browser sends
	// it; "" for what browsers send. Such a request has no preflight and no
	// verdict: only Wire is there.
	Spelled string
	// Headers are names of headers that script sets, besides those of every
	// request.
	Headers     []string
	Credentials bool
}

// probeValue is the value of headers that only their names matter of.
const probeValue = "corsac"

func (a *Ask) request() *fetch.Request {
	r := &fetch.Request{URL: a.URL, Method: a.Method}
	if a.Credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	for _, name := range a.Headers {
		value := probeValue
		if strings.EqualFold(name, "Content-Type") {
			value = "application/json"
		}
		r.Headers = append(r.Headers, fetch.Header{Name: name, Value: value})
	}
	return r
}

// Request is what script asks for.
func (a *Ask) Request() *fetch.Request { return a.request() }

// String says it in words.
func (a *Ask) String() string {
	s := a.Method + " " + a.URL + " from " + cmp.Or(a.Spelled, a.Origin)
	if len(a.Headers) > 0 {
		s += " with " + strings.Join(a.Headers, ", ")
	}
	if a.Credentials {
		s += ", with credentials"
	}
	return s
}

// Verifier compares servers with a policy.
type Verifier struct {
	// Policy is what is meant. Derived says that [Derive] found it out: it then
	// means no more than it says.
	Policy  cors.Policy
	Derived bool
	// Headers are the names of headers that every request has besides.
	Headers []string
	// Ask makes a request in the engine against the server. Requests other than
	// GET and HEAD may end after their preflight; their verdict is then that
	// of the preflight. An error means that the request could not be made.
	Ask func(context.Context, *Ask) (*verdict.Verdict, error)
	// MaxProbes bounds the requests per URL, Parallel how many run at a time.
	MaxProbes, Parallel int
	// Failing are URLs that respond with an error, such as one whose upstream
	// is down.
	Failing []string
	// Stack is what the server runs on, if the user says so; otherwise it is
	// recognised, where it can be.
	Stack *stacks.Stack
}

// The limits of requests per URL.
const (
	LocalProbes  = 400 // on this machine and in private networks
	RemoteProbes = 120
)

// Limit sets the usual limits for a URL. probes is that of the requests; 0 means
// the usual one.
func (v *Verifier) Limit(url string, probes int) {
	v.MaxProbes, v.Parallel = RemoteProbes, 2
	if o, err := origin.ParseURL(url); err == nil && o.AddressSpace() > origin.SpacePublic {
		v.MaxProbes, v.Parallel = LocalProbes, 4
	}
	if probes > 0 {
		v.MaxProbes = probes
	}
}

// ErrNoAnswer is the error if the server cannot be reached at all.
var ErrNoAnswer = errors.New("the server does not answer")

// run is the verification of one URL.
type run struct {
	*Verifier

	url       string
	server    origin.Origin
	reference *reference
	allowed   []sample // at least one
	refused   []sample
	word      string

	mu    sync.Mutex
	asked map[string]*answer
	left  int // probes that may still be sent
	seen  []stacks.Seen
	// gateway is that a response was the error of a gateway.
	gateway bool
}

// answer is the verdict on one request. Its done is closed once it is there.
type answer struct {
	verdict *verdict.Verdict
	err     error
	done    chan struct{}
}

// Run checks every invariant for a URL, and returns a case for each thing that was
// looked at, and in a sentence each what could not be looked at. An error means that
// nothing could be verified: the URL is not one, the policy is not valid, or the
// server does not answer ([ErrNoAnswer]), or answers everything with the same error
// ([ErrDown]).
func (v *Verifier) Run(ctx context.Context, url string) (cases []finding.Case, untested []string, err error) {
	m, err := cors.New(v.Policy)
	if err != nil {
		return nil, nil, err
	}
	r := &run{Verifier: v, url: url, reference: newReference(m), word: unregistered(url, &v.Policy), asked: map[string]*answer{}, left: v.MaxProbes}
	if r.server, err = origin.ParseURL(url); err != nil {
		return nil, nil, err
	}
	r.allowed, r.refused = samples(&v.Policy, func(o string) bool {
		return r.allows(ctx, &Ask{Origin: o, URL: url, Method: "GET"})
	}, r.word)
	if len(r.allowed) == 0 {
		return nil, nil, r.noOrigin(ctx)
	}
	first, err := r.ask(ctx, &Ask{Origin: r.allowed[0].origin, URL: url, Method: "GET"})
	switch {
	case err != nil:
		return nil, nil, err
	case first.Result == fetch.Failed:
		return nil, nil, fmt.Errorf("%w: %s", ErrNoAnswer, first.Why())
	}
	if err := r.down(ctx); err != nil {
		return nil, nil, err
	}
	cases = r.check(ctx)
	r.fixes(cases)
	return cases, r.untested(), ctx.Err()
}

// noOrigin says why the policy allows none of the requests: because of the headers
// that each has, or else of their origins.
func (r *run) noOrigin(ctx context.Context) error {
	allows := func(headers ...string) bool {
		allowed, _ := samples(&r.Policy, func(o string) bool {
			return r.reference.allows(ctx, &Ask{Origin: o, URL: r.url, Method: "GET", Headers: headers})
		}, r.word)
		return len(allowed) > 0
	}
	if !allows() {
		return errors.New("the policy allows no origin that a request could come from")
	}
	refused := slices.DeleteFunc(slices.Clone(r.Headers), func(name string) bool { return allows(name) })
	return fmt.Errorf("the policy does not allow pages to send %s, which every request has; add it to allow_headers, or leave it out", strings.Join(refused, ", "))
}

// unregistered returns a label, so that nobody can own the names made of it. It is
// the same for the same policy and URL, so that reports can be compared.
func unregistered(url string, p *cors.Policy) string {
	sum := sha256.Sum256([]byte(url + "\x00" + strings.Join(p.AllowOrigins, "\x00")))
	return "corsac" + hex.EncodeToString(sum[:5])
}

// allows reports whether the policy allows a request.
func (r *run) allows(ctx context.Context, a *Ask) bool { return r.reference.allows(ctx, r.whole(a)) }

// whole returns a request with the headers that every request has.
func (r *run) whole(a *Ask) *Ask {
	if len(r.Headers) == 0 {
		return a
	}
	all := *a
	all.Headers = slices.Concat(r.Headers, a.Headers)
	return &all
}

// check runs the checks of all invariants, several at a time, and returns their
// cases in the order of the invariants.
func (r *run) check(ctx context.Context) []finding.Case {
	var todo []trial
	for _, inv := range invariants() {
		for _, c := range inv.checks(r) {
			c.invariant = inv
			todo = append(todo, c)
		}
	}
	cases := make([]finding.Case, len(todo))
	tokens := make(chan struct{}, max(r.Parallel, 1))
	var wg sync.WaitGroup
	for i := range todo {
		tokens <- struct{}{}
		wg.Go(func() {
			defer func() { <-tokens }()
			cases[i] = todo[i].run(ctx, r)
		})
	}
	wg.Wait()
	relate(todo, cases)
	return cases
}

var (
	errBudget      = errors.New("not sent: the limit of probes is reached")
	errNoPreflight = errors.New("not sent: browsers send this request without a preflight")
)

// ask makes a request once, however many invariants need its verdict.
func (r *run) ask(ctx context.Context, a *Ask) (*verdict.Verdict, error) {
	a = r.whole(a)
	key := a.String()
	r.mu.Lock()
	known := r.asked[key]
	if known != nil {
		r.mu.Unlock()
		select {
		case <-known.done:
			return known.verdict, known.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if r.left <= 0 {
		r.mu.Unlock()
		return nil, errBudget
	}
	r.left--
	known = &answer{done: make(chan struct{})}
	r.asked[key] = known
	r.mu.Unlock()
	known.verdict, known.err = r.Ask(ctx, a)
	r.look(known.verdict)
	close(known.done)
	return known.verdict, known.err
}

// trial is one thing to look at: a request, and what its verdict must be like.
type trial struct {
	invariant *invariant
	name      string
	// subject is what it is about in a word; "" if the name is as short.
	subject string
	ask     Ask
	// root is the cause of the verdict that a finding rests on; "" for none.
	root string
	// judge returns what is wrong with the verdict, or nil. An error says why
	// nothing is known.
	judge func(ctx context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error)
}

func (c *trial) run(ctx context.Context, r *run) finding.Case {
	began := time.Now()
	result := finding.Case{Group: r.url, Name: c.name, Rule: c.invariant.slug, Subject: c.subject}
	v, err := r.ask(ctx, &c.ask)
	switch {
	case errors.Is(err, errNoPreflight): // no policy can keep browsers from sending it
	case err != nil:
		result.Skipped = err.Error()
	case v.Result == fetch.Failed:
		result.Skipped = v.Why()
	default:
		switch f, err := c.judge(ctx, r, c, v); {
		case err != nil:
			result.Skipped = err.Error()
		case f != nil:
			result.Findings = []finding.Finding{*f}
		}
	}
	result.Duration = time.Since(began)
	return result
}
