package cors

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/origin"
)

// CacheConfig configures [CacheOrigins].
type CacheConfig struct {
	// Lookup reports whether an origin is allowed, for example by asking a
	// database. It must be safe for concurrent use. If it fails, the origin is
	// not allowed, and the next request asks again. Its context has the values
	// of the request that caused it, but not its cancellation.
	Lookup func(context.Context, origin.Origin) (bool, error)

	// Key, if not nil, separates requests from one origin that may have
	// different answers, such as by the tenant that Host names. The request
	// headers that it reads belong into [Policy.AllowOriginFuncVary].
	Key func(*http.Request) string

	// TTL is how long an answer is cached. If 0, it is a minute.
	TTL time.Duration

	// Size is how many answers are cached; the oldest are evicted first. If 0,
	// it is 10,000.
	Size int
}

// CacheOrigins returns a function for [Policy.AllowOriginFunc] that caches the
// answers of a slow look-up. Concurrent requests with the same question share
// one Lookup. Refusals are cached too, within the same bound, so an invented
// origin causes at most one Lookup per TTL while it is in the cache.
func CacheOrigins(c CacheConfig) func(*http.Request, origin.Origin) bool {
	if c.TTL <= 0 {
		c.TTL = time.Minute
	}
	if c.Size <= 0 {
		c.Size = 10_000
	}
	cache := &originCache{CacheConfig: c, young: map[originKey]*originAnswer{}}
	return cache.allows
}

// originCache has two generations of half its size. When the young one is full,
// the old one is dropped and the young one takes its place.
type originCache struct {
	CacheConfig

	mu         sync.Mutex
	young, old map[originKey]*originAnswer
}

type originKey struct {
	origin origin.Origin
	key    string
}

// originAnswer is what Lookup returned, once ready is closed.
type originAnswer struct {
	ready   chan struct{}
	until   time.Time
	allowed bool
	err     error
}

func (c *originCache) allows(r *http.Request, o origin.Origin) bool {
	key := originKey{origin: o}
	if c.Key != nil {
		key.key = c.Key(r)
	}
	a, mine := c.answer(key)
	if mine {
		c.ask(r.Context(), key, a)
	}
	select {
	case <-a.ready:
		return a.allowed && a.err == nil
	case <-r.Context().Done():
		return false
	}
}

// answer returns the answer for key. If it is mine, the caller must get it.
func (c *originCache) answer(key originKey) (a *originAnswer, mine bool) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	a = c.young[key]
	if a == nil {
		a = c.old[key]
	}
	if a != nil && now.Before(a.until) {
		return a, false
	}
	a = &originAnswer{ready: make(chan struct{}), until: now.Add(c.TTL)}
	if len(c.young) >= max(c.Size/2, 1) {
		c.old, c.young = c.young, map[originKey]*originAnswer{}
	}
	c.young[key] = a
	return a, true
}

// ask gets the answer. Other requests may wait for it, so the cancellation of
// the one that asks is not passed on.
func (c *originCache) ask(ctx context.Context, key originKey, a *originAnswer) {
	finished := false
	defer func() {
		if a.err != nil || !finished {
			a.allowed = false
			c.forget(key, a)
		}
		close(a.ready)
	}()
	a.allowed, a.err = c.Lookup(context.WithoutCancel(ctx), key.origin)
	finished = true
}

func (c *originCache) forget(key originKey, a *originAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, generation := range []map[originKey]*originAnswer{c.young, c.old} {
		if generation[key] == a {
			delete(generation, key)
		}
	}
}
