package fetch

import "slices"

// preflight sends a preflight if the request needs one and the cache does not
// cover it (https://fetch.spec.whatwg.org/#cors-preflight-fetch). Response
// tainting is cors.
func (m *machine) preflight() *Error {
	names := m.unsafeNames()
	method := m.req.method
	if !m.needed && len(names) == 0 && !m.req.flag && isSafelistedMethod(method) {
		if m.tracing {
			m.step("concept-main-fetch", true, "no preflight: method and headers are CORS-safelisted")
		}
		return nil
	}
	m.explain(names)
	m.preflighted = true
	m.needed = m.r.realOriginPreflight
	if m.cached(names) {
		m.out.Preflight.Cached = true
		if m.tracing {
			m.step("concept-cache", true, "no preflight: the preflight cache allows method %s and headers %q", method, names)
		}
		return nil
	}
	m.out.Preflight.Sent = true
	w := m.newWire(KindPreflight, "OPTIONS")
	m.fillPreflight(w, names)
	resp, e := m.send(w)
	if e != nil {
		return e
	}
	g, e := m.checkPreflight(resp, names, m.preflightOrigin())
	if g != nil && (e == nil || m.r.cache.storeRefused) && !(m.req.cache == cacheNoStore && m.r.cache.noStoreNotStored) {
		value, lines := m.r.headerValue(resp.Headers, "Access-Control-Max-Age")
		if c := m.preflights(); c != nil {
			c.store(m.cacheKey(), g, value, lines, m.b.cfg.Now())
		}
	}
	return e
}

// unsafeNames returns the header names that a preflight must ask for.
func (m *machine) unsafeNames() []string {
	if !m.r.realOriginPreflight {
		return m.r.unsafeHeaderNames(m.req.headers)
	}
	// Firefox keeps the names of the first request, and omits only those that
	// this redirect dropped.
	if len(m.strippedNow) == 0 {
		return m.sticky
	}
	kept := make([]string, 0, len(m.sticky))
	for _, n := range m.sticky {
		if !contains(m.strippedNow, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// remember keeps what Firefox decides only once, before the first hop.
func (m *machine) remember() {
	if m.r.realOriginPreflight {
		m.sticky = m.r.unsafeHeaderNames(m.req.headers)
		m.needed = len(m.sticky) > 0
	}
	if m.r.headersReturn {
		m.authored, m.asked = slices.Clone(m.req.headers), m.req.method
	}
}

// explain records why a preflight was needed, the first time.
func (m *machine) explain(names []string) {
	if m.out.Preflight.Reasons != nil {
		return
	}
	reasons := make([]PreflightReason, 0, 2+len(names))
	if !isSafelistedMethod(m.req.method) {
		reasons = append(reasons, PreflightReason{Kind: PreflightMethod, Name: m.req.method})
	}
	for i, n := range names {
		if i == 0 || n != names[i-1] {
			reasons = append(reasons, PreflightReason{PreflightHeader, n, m.req.combined(n)})
		}
	}
	if m.req.flag {
		reasons = append(reasons, PreflightReason{Kind: m.req.flagReason})
	}
	if len(reasons) == 0 {
		reasons = append(reasons, PreflightReason{Kind: PreflightRedirected})
	}
	m.out.Preflight.Reasons = reasons
	if m.tracing {
		for _, r := range reasons {
			m.step("cors-preflight-request", false, "needs a preflight: %s", r)
		}
	}
}

// preflightOrigin returns the Origin header of preflights.
func (m *machine) preflightOrigin() string {
	if m.r.realOriginPreflight {
		return m.page.origin.String()
	}
	return m.serialisedOrigin()
}

func (m *machine) cacheKey() cacheKey {
	return cacheKey{
		page: m.page.site, origin: m.preflightOrigin(), url: m.fullURL(),
		include: m.req.credentials == CredentialsInclude,
	}
}

// preflights returns the cache for the current hop, or nil for none. Where null
// origins share nothing, each request of an opaque page has a cache of its own.
// Redirects of the request use it too until the origin is tainted; from then on
// each hop has none.
func (m *machine) preflights() *preflightCache {
	switch {
	case !m.r.cache.nullAlone || m.preflightOrigin() != "null":
		return &m.b.cache
	case m.nulled:
		return nil
	case m.own == nil:
		m.own = &preflightCache{r: &m.r.cache, entries: map[cacheKey]*cacheEntry{}}
	}
	return m.own
}

func (m *machine) cached(names []string) bool {
	cache := m.preflights()
	if cache == nil {
		return false
	}
	c := &m.r.cache
	switch m.req.cache {
	case cacheReload:
		if c.skipReload {
			return false
		}
	case cacheNoCache:
		if c.skipNoCache {
			return false
		}
	case cacheNoStore:
		if c.skipNoStore {
			return false
		}
	}
	return cache.covers(&lookup{
		key: m.cacheKey(), method: m.req.method, flag: m.req.flag, headers: names, now: m.b.cfg.Now(),
	})
}
