package diagnose

import (
	"cmp"
	"net/http"
	"slices"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

// Cause is a kind of fault. In Title, Why and Fix, words in braces stand for the
// particulars: those that a rule finds, and those of scene.words.
type Cause struct {
	// Slug is the stable name; Aliases are other names for it.
	Slug    string
	Aliases []string
	// Title says what is wrong, Why what is going on, Fix what to change and
	// where. Where package cause knows the slug, they are its texts if empty.
	Title, Why, Fix string
	// When says in a sentence what shows it.
	When string
	// Side says who has to change something.
	Side cause.Side
	// InProxy says that it is in the layer before the application, where there are
	// two. NeedsPolicy says that the server's CORS configuration as a whole fixes it;
	// it is set for all of side [cause.Policy].
	InProxy, NeedsPolicy bool
	// Severity and Confidence are [finding.Error] and [finding.Certain] unless
	// they say otherwise.
	Severity   finding.Severity
	Confidence finding.Confidence
	// Example is a server with the fault, and Fixed the same server without it:
	// what is empty there is as in the example. Both are nil for causes that
	// package cause finds alone, and for those that only texts show.
	Example, Fixed *Scenario

	rules []rule
}

// rule finds a cause.
type rule struct {
	rank rank
	// of are the causes that the rule refines, as package cause sees them; nil if
	// it is for requests that were allowed.
	of []string
	// find returns what shows the cause, or nil.
	find func(*scene) *shown
}

// Scenario is a request of a page, and the servers that it meets.
type Scenario struct {
	// Page is the page's origin; http://localhost:5173 if empty.
	Page string
	// Request is what script asks for. {server} and {other} in its URL and in
	// headers stand for the origins of the two servers.
	Request fetch.Request
	// ReadHeaders are the response headers that script wants to read.
	ReadHeaders []string
	// Server answers; Other is a second server, or nil.
	Server, Other http.Handler
	// Listen and ListenOther are the addresses of the servers, 127.0.0.1 if
	// empty. On ::1, Other has the port of Server. TLS makes Server speak it,
	// with a certificate that nobody trusts; OtherTLS does so for Other, with one
	// that the browser trusts.
	Listen, ListenOther string
	TLS, OtherTLS       bool
	// Cookie is what the browser has for Server.
	Cookie string
}

// rank orders rules: the first that applies is the root.
type rank uint8

// The order of decisions that gives the right answer: see the guide to causes.
const (
	network     rank = iota // there was no answer
	wrongServer             // not what was meant answers
	textual                 // the body says it
	caching                 // an answer that was kept for something else
	early                   // what one question decides
	middle
	late   // what many questions decide
	lowest // nothing else
)

// registry is where the files of this package put their causes.
var registry []*Cause

// register adds a cause, with the defaults filled in.
func register(c *Cause) *Cause { //nolint:unparam // its result makes it the value of a variable
	if known := cause.Lookup(c.Slug); known != nil {
		c.Title, c.Why, c.Fix = cmp.Or(c.Title, known.Title), cmp.Or(c.Why, known.Why), cmp.Or(c.Fix, known.Fix)
		c.When, c.Side = cmp.Or(c.When, known.When), cmp.Or(c.Side, known.Side)
		c.Severity = cmp.Or(c.Severity, known.Severity)
		if len(c.rules) == 0 {
			c.Confidence = cmp.Or(c.Confidence, known.Confidence)
		}
	}
	c.Severity = cmp.Or(c.Severity, finding.Error)
	c.Confidence = cmp.Or(c.Confidence, finding.Certain)
	c.NeedsPolicy = c.NeedsPolicy || c.Side == cause.Policy
	registry = append(registry, c)
	return c
}

// catalogue is every cause: those of this package and those of package cause.
var catalogue = sync.OnceValue(func() []*Cause {
	all := slices.Clone(registry)
	for _, c := range cause.All() {
		if !slices.ContainsFunc(all, func(own *Cause) bool { return own.Slug == c.Slug }) {
			all = append(all, &Cause{
				Slug: c.Slug, Title: c.Title, Why: c.Why, Fix: c.Fix, When: c.When, Side: c.Side, Severity: c.Severity, Confidence: c.Confidence,
				NeedsPolicy: c.Side == cause.Policy,
			})
		}
	}
	slices.SortFunc(all, func(a, b *Cause) int { return cmp.Compare(a.Slug, b.Slug) })
	return all
})

// rankedRule is a rule and the cause that it finds.
type rankedRule struct {
	*Cause
	rule
}

// ranked are all rules, in the order in which they are tried.
var ranked = sync.OnceValue(func() (list []rankedRule) {
	for _, c := range registry {
		for _, r := range c.rules {
			list = append(list, rankedRule{c, r})
		}
	}
	slices.SortStableFunc(list, func(a, b rankedRule) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Slug, b.Slug)) })
	return list
})

// All returns every cause that corsac knows, sorted by slug.
func All() []*Cause { return slices.Clone(catalogue()) }

// Lookup returns the cause of a slug or alias, or nil.
func Lookup(slug string) *Cause {
	for _, c := range catalogue() {
		if c.Slug == slug || slices.Contains(c.Aliases, slug) {
			return c
		}
	}
	return nil
}
