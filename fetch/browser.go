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
	// Space tells the address space of a host that is no address, as the page's resolver would;
	// nil means unknown, which is never refused. See [Outcome] for Local Network Access.
	Space SpaceFunc
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

// Profile is the profile of b.
func (b *Browser) Profile() Profile { return b.cfg.Profile }

// ForgetPreflights empties the preflight cache.
func (b *Browser) ForgetPreflights() {
	b.cache.mu.Lock()
	defer b.cache.mu.Unlock()
	clear(b.cache.entries)
}

// WireRequest is a request as the browser sends it, without the connection's own headers (Host,
// Content-Length, Accept-Encoding, User-Agent) and without Cookie.
type WireRequest struct {
	// Kind tells a preflight from the request behind it.
	Kind Kind
	// Method is OPTIONS for preflights, else script's, normalised.
	Method string
	// URL has no fragment.
	URL string
	// Headers are in the standard's order, script's own first; of a preflight they are all there is.
	Headers []Header
	// Credentials says that cookies, HTTP authentication and client certificates go along. Never
	// set for preflights.
	Credentials bool
	// Body is nil for preflights and once a redirect dropped it.
	Body *Body
	// Hop is the number of redirects followed before.
	Hop int
	// CrossSite says that the URL is of another site than the page, for SameSite cookies.
	CrossSite bool
}

// WireResponse is the head of an answer. Header names and values hold bytes; several lines of one
// name stay apart, in order.
type WireResponse struct {
	// Status is that of the final answer, 101 or 200 to 999.
	Status int
	// Headers are the lines as received; more than 4096 of them are a network error.
	Headers []Header
	// assumed: nobody has seen this answer; see [Recording].AssumePreflights.
	assumed bool
}

// Exchange sends one request and returns the head of the final answer to it, without following
// redirects. An error is a failure of the network: a [*NetError] names it. It is called once a wire
// request, never concurrently for one Fetch.
type Exchange func(ctx context.Context, w *WireRequest) (*WireResponse, error)

// Fetch makes a request as script on the page would, and decides what script gets. It never fails
// otherwise than in its outcome. exchange is asked for the answer to every request that goes on the
// wire; requests that the browser refuses beforehand never reach it.
//
// This is https://fetch.spec.whatwg.org/#fetch-method, with the departures of the profile.
func (b *Browser) Fetch(ctx context.Context, page *Page, req *Request, exchange Exchange) *Outcome {
	m := &machine{
		b: b, r: b.rules, page: page, ctx: ctx, exchange: exchange, tracing: b.cfg.Trace,
	}
	m.out.Profile = b.cfg.Profile
	if t := m.construct(req); t != nil {
		e := m.fail(CodeTypeError, t.section)
		e.text = t.text
		m.finish(Blocked, e)
		return &m.out
	}
	m.setURL(m.req.url)
	m.describe()
	m.run()
	return &m.out
}
