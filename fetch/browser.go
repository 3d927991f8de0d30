package fetch

import (
	"context"
	"time"
)

// Config configures a [Browser]. The zero value is Chromium without a trace,
// with a clock that stands still.
type Config struct {
	Profile Profile
	// Now returns the time for the preflight cache. Nil means a clock that
	// stands still: entries never expire, except those with a max-age of 0.
	Now func() time.Time
	// Trace records every decision in [Outcome].Steps.
	Trace bool
	// AddressSpace returns the address space of a host name, as the page's
	// resolver would see it, for Local Network Access. Nil means unknown, which
	// is never refused.
	AddressSpace AddressSpaceFunc
}

// Browser is one browser: a profile and its preflight cache. It does no I/O of
// its own and reads no environment; its only clock is [Config].Now. It is safe
// for concurrent use.
type Browser struct {
	cfg   Config
	rules *rules
	cache preflightCache
}

// New returns a browser with an empty preflight cache. An unknown profile
// counts as Chromium.
func New(cfg Config) *Browser {
	if int(cfg.Profile) >= len(profiles) {
		cfg.Profile = Chromium
	}
	if cfg.Now == nil {
		var zero time.Time
		cfg.Now = func() time.Time { return zero }
	}
	b := &Browser{cfg: cfg, rules: &profiles[cfg.Profile]}
	b.cache = preflightCache{r: &b.rules.cache, entries: map[cacheKey]*cacheEntry{}}
	return b
}

// Fetch makes a request as script on the page would and decides what script
// gets (https://fetch.spec.whatwg.org/#fetch-method, with the departures of the
// profile). It always returns an Outcome; failures are reported there. It calls
// roundTrip for every request that goes on the wire, and never for one that the
// browser refuses to send.
func (b *Browser) Fetch(ctx context.Context, page *Page, req *Request, roundTrip RoundTrip) *Outcome {
	m := &machine{
		b: b, r: b.rules, page: page, ctx: ctx, roundTrip: roundTrip, tracing: b.cfg.Trace,
	}
	m.out.Profile, m.out.Origin = b.cfg.Profile, page.origin.String()
	if t := m.construct(req); t != nil {
		m.describeThrown(req)
		e := m.fail(CodeTypeError, t.section)
		e.text, e.exception = t.text, t.name
		m.finish(Blocked, e)
		return &m.out
	}
	m.setURL(m.req.url)
	m.describe(req)
	m.run()
	return &m.out
}
