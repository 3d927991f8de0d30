package fetch

import (
	"context"
	"time"
)

// Config is what a [Browser] starts with. The zero value is Chromium without a trace and with a
// clock that stands still.
type Config struct {
	Profile Profile
	// Now is the clock of the preflight cache; nil means a clock that stands still, so that
	// entries never expire except those with a max-age of 0.
	Now func() time.Time
	// Trace records every decision in Outcome.Steps.
	Trace bool
	// AddressSpace returns the address space of a host that is not an address,
	// for Local Network Access, as the page's resolver would see it. Nil means
	// unknown, which is never refused.
	AddressSpace AddressSpaceFunc
}

// Browser is one browser: a profile and its preflight cache. It has no I/O, clock or environment of
// its own. It is safe for concurrent use.
type Browser struct {
	cfg   Config
	rules *rules
	cache preflightCache
}

// New makes a browser with an empty preflight cache.
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
// gets. It always returns an Outcome; failures are reported there. roundTrip is
// called for every request that goes on the wire, and never for one that the
// browser refuses beforehand.
//
// This is https://fetch.spec.whatwg.org/#fetch-method, with the departures of
// the profile.
func (b *Browser) Fetch(ctx context.Context, page *Page, req *Request, roundTrip RoundTrip) *Outcome {
	m := &machine{
		b: b, r: b.rules, page: page, ctx: ctx, roundTrip: roundTrip, tracing: b.cfg.Trace,
	}
	m.out.Profile, m.out.Origin = b.cfg.Profile, page.origin.String()
	if t := m.construct(req); t != nil {
		m.describeThrown(req)
		e := m.fail(CodeTypeError, t.section)
		e.text = t.text
		m.finish(Blocked, e)
		return &m.out
	}
	m.setURL(m.req.url)
	m.describe(req)
	m.run()
	return &m.out
}
