package fetch

import (
	"sync"
	"time"
)

// preflightCache is the CORS-preflight cache of one browser
// (https://fetch.spec.whatwg.org/#concept-cache). It is safe for concurrent
// use.
type preflightCache struct {
	r       *cacheRules
	mu      sync.Mutex
	entries map[cacheKey]*cacheEntry
	clock   uint64 // counts uses, to find the least recently used entry
}

type cacheKey struct {
	page, origin, url string
	include           bool
}

// cacheEntry is what a preflight response allowed for a key. Each name expires
// on its own.
type cacheEntry struct {
	include          bool
	methods, headers []cachedName
	until            time.Time
	used             uint64
}

type cachedName struct {
	name  string
	until time.Time
}

// maxCachedNames bounds the methods and, separately, the headers of a merged
// entry.
const maxCachedNames = maxListItems

// lookup is a request that the cache may cover.
type lookup struct {
	key     cacheKey
	method  string
	flag    bool
	headers []string
	now     time.Time
}

func (c *preflightCache) cacheable(key *cacheKey) bool {
	return c.r.maxURL == 0 || len(key.url) < c.r.maxURL
}

// covers reports whether the cache makes a preflight unnecessary. It removes an
// entry that does not cover the request, unless entries merge.
func (c *preflightCache) covers(q *lookup) bool {
	if !c.cacheable(&q.key) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) == 0 {
		return false
	}
	key := q.key
	include := key.include
	key.include = include && c.r.merge
	e := c.entries[key]
	if e == nil && c.r.merge && !c.r.split && !include {
		// Entries made with credentials also serve requests without them.
		key.include = true
		e = c.entries[key]
	}
	if e == nil {
		return false
	}
	if c.r.merge || q.now.Before(e.until) {
		if (e.include || !include) && c.allows(e, q) {
			c.clock++
			e.used = c.clock
			return true
		}
	}
	if !c.r.merge {
		delete(c.entries, key)
	}
	return false
}

func (c *preflightCache) allows(e *cacheEntry, q *lookup) bool {
	exempt := isSafelistedMethod(q.method) && !(c.r.headNeedsEntry && q.method == "HEAD") && !(c.r.flagNeedsMethod() && q.flag)
	if !exempt && !c.named(e, e.methods, q.method, q.now, true) {
		return false
	}
	for _, h := range q.headers {
		if !c.named(e, e.headers, h, q.now, h != "authorization") {
			return false
		}
	}
	return true
}

// flagNeedsMethod reports whether a request with the use-CORS-preflight flag
// needs a cached method, as the standard requires.
func (r *cacheRules) flagNeedsMethod() bool { return r.merge && r.starMatches }

func (c *preflightCache) named(e *cacheEntry, list []cachedName, name string, now time.Time, wildcard bool) bool {
	for i := range list {
		n := &list[i]
		if n.name != name && !(wildcard && c.r.starMatches && !e.include && n.name == "*") {
			continue
		}
		if now.Before(n.until) {
			return true
		}
	}
	return false
}

// store adds the grant of a preflight response. value and lines are the value
// of Access-Control-Max-Age and the number of its lines.
func (c *preflightCache) store(key cacheKey, g *preflightGrant, value string, lines int, now time.Time) {
	seconds, ok := c.r.maxAge(value, lines)
	if !ok || !c.cacheable(&key) {
		return
	}
	age := time.Duration(min(seconds, int64(1<<31-1))) * time.Second
	if c.r.cap > 0 {
		age = min(age, c.r.cap)
	}
	until := now.Add(age)
	c.mu.Lock()
	defer c.mu.Unlock()
	include := key.include
	key.include = include && c.r.merge
	if age == 0 && !c.r.merge { // it replaces the old entry and expires at once
		delete(c.entries, key)
		return
	}
	e := c.entries[key]
	if e == nil || !c.r.merge {
		if e == nil {
			c.evict()
		}
		e = &cacheEntry{include: include}
		c.entries[key] = e
	}
	c.clock++
	e.used, e.until = c.clock, until
	e.methods = remember(e.methods, g.methods, until, false)
	e.headers = remember(e.headers, g.headers, until, true)
}

func remember(list []cachedName, names []string, until time.Time, fold bool) []cachedName {
	if list == nil && len(names) > 0 {
		list = make([]cachedName, 0, len(names))
	}
next:
	for _, name := range names {
		if fold {
			name = lower(name)
		}
		for i := range list {
			if list[i].name == name {
				list[i].until = until
				continue next
			}
		}
		if len(list) < maxCachedNames {
			list = append(list, cachedName{name, until})
		}
	}
	return list
}

// evict makes room for one entry.
func (c *preflightCache) evict() {
	if len(c.entries) < c.r.entries {
		return
	}
	if c.r.purge > 1 { // map order is random
		n := 0
		for k := range c.entries {
			delete(c.entries, k)
			if n++; n == c.r.purge {
				return
			}
		}
	}
	var oldest cacheKey
	least := c.clock + 1
	for k, e := range c.entries {
		if e.used < least {
			oldest, least = k, e.used
		}
	}
	delete(c.entries, oldest)
}

// clear removes every entry of an origin and URL
// (https://fetch.spec.whatwg.org/#concept-cache-clear).
func (c *preflightCache) clear(key cacheKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, include := range [...]bool{false, true} {
		key.include = include
		delete(c.entries, key)
	}
}
