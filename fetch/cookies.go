package fetch

import (
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	cookielines "github.com/corsac-dev/corsac/internal/cookie"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Bounds of the cookie jar, as browsers have them (RFC 6265bis §5.6, §6.1).
const (
	maxCookieBytes     = 4096
	maxCookiesPerHost  = 180
	maxCookies         = 3000
	maxSetCookieHeader = 64 // per response
)

// cookieJar is the cookie store of a [Transport] (RFC 6265bis §5.7). Unlike
// net/http/cookiejar, it follows SameSite and the profile's rule for
// third-party cookies. It is safe for concurrent use.
type cookieJar struct {
	rules   *cookieRules
	mu      sync.Mutex
	cookies map[cookieID]*cookie
	created uint64 // the number of cookies created so far
}

type cookieID struct{ partition, domain, path, name string }

type cookie struct {
	value    string
	hostOnly bool
	secure   bool
	sameSite http.SameSite
	expires  time.Time // zero for a session cookie
	created  uint64    // its place in the order of creation
}

// cookieContext is what decides which cookies a request has.
type cookieContext struct {
	url        *weburl.URL
	origin     origin.Origin
	crossSite  bool
	partition  string // the page's site
	thirdParty bool   // whether third-party cookies are allowed
	now        time.Time
}

// key returns the partition whose cookies the request has. ok is false if it
// has none at all.
func (j *cookieJar) key(c *cookieContext, partitioned bool) (string, bool) {
	switch {
	case !c.crossSite:
		return "", true
	case j.rules.partition, partitioned:
		return c.partition, true
	}
	return "", c.thirdParty && !j.rules.block
}

// header returns the Cookie header of a request, or "" if it has none (RFC
// 6265bis §5.8.3).
func (j *cookieJar) header(c *cookieContext) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	type pair struct {
		id cookieID
		c  *cookie
	}
	var list []pair
	shared, sharedOK := j.key(c, false)
	for id, k := range j.cookies {
		if !k.expires.IsZero() && !c.now.Before(k.expires) {
			delete(j.cookies, id)
			continue
		}
		inShared := sharedOK && id.partition == shared
		inOwn := c.crossSite && id.partition == c.partition
		if (inShared || inOwn) && k.matches(&id, c) {
			list = append(list, pair{id, k})
		}
	}
	sort.Slice(list, func(a, b int) bool {
		x, y := list[a], list[b]
		if len(x.id.path) != len(y.id.path) {
			return len(x.id.path) > len(y.id.path)
		}
		return x.c.created < y.c.created
	})
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteString("; ")
		}
		if p.id.name != "" {
			b.WriteString(p.id.name + "=")
		}
		b.WriteString(p.c.value)
	}
	return b.String()
}

func (k *cookie) matches(id *cookieID, c *cookieContext) bool {
	switch {
	case k.hostOnly && id.domain != c.url.Host, !k.hostOnly && !domainMatch(c.url.Host, id.domain):
		return false
	case !pathMatch(c.url.Path, id.path):
		return false
	case k.secure && !c.origin.PotentiallyTrustworthy():
		return false
	}
	// Requests of script are never top-level navigations, so Lax equals Strict.
	return !c.crossSite || k.sameSite == http.SameSiteNoneMode
}

// store takes the Set-Cookie lines of a response (RFC 6265bis §5.7). It ignores
// lines that a browser would not accept.
func (j *cookieJar) store(c *cookieContext, lines []string) {
	if len(lines) > maxSetCookieHeader {
		lines = lines[:maxSetCookieHeader]
	}
	for _, line := range lines {
		if len(line) > 2*maxCookieBytes {
			continue
		}
		if h, err := cookielines.Parse(line); err == nil {
			j.set(c, h)
		}
	}
}

// set stores one cookie, or deletes it if it has expired.
func (j *cookieJar) set(c *cookieContext, h *http.Cookie) {
	if len(h.Name)+len(h.Value) > maxCookieBytes {
		return
	}
	id := cookieID{domain: c.url.Host, path: h.Path, name: h.Name}
	k := &cookie{value: h.Value, hostOnly: true, secure: h.Secure, sameSite: h.SameSite}
	if d := strings.TrimPrefix(lower(h.Domain), "."); d != "" {
		suffix := isSuffix(c.origin, d)
		if !domainMatch(c.url.Host, d) || suffix && d != c.url.Host {
			return
		}
		id.domain, k.hostOnly = d, suffix
	}
	if !strings.HasPrefix(id.path, "/") {
		id.path = defaultPath(c.url.Path)
	}
	if k.sameSite == 0 || k.sameSite == http.SameSiteDefaultMode {
		k.sameSite = http.SameSiteNoneMode
		if j.rules.laxByDefault {
			k.sameSite = http.SameSiteLaxMode
		}
	}
	var ok bool
	if id.partition, ok = j.key(c, h.Partitioned); !ok || !k.acceptable(&id, c, j.rules) {
		return
	}
	gone := h.MaxAge < 0
	switch {
	case h.MaxAge > 0:
		k.expires = c.now.Add(time.Duration(min(h.MaxAge, 400*24*3600)) * time.Second)
	case !h.Expires.IsZero():
		k.expires = h.Expires
		gone = gone || !c.now.Before(h.Expires)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if gone {
		delete(j.cookies, id)
		return
	}
	if old := j.cookies[id]; old != nil {
		k.created = old.created
	} else {
		j.makeRoom(id)
		j.created++
		k.created = j.created
	}
	j.cookies[id] = k
}

// acceptable applies those rules of the storage model that can refuse a cookie:
// prefixes, Secure, SameSite.
func (k *cookie) acceptable(id *cookieID, c *cookieContext, r *cookieRules) bool {
	trustworthy := c.origin.PotentiallyTrustworthy()
	switch {
	case k.secure && !trustworthy:
		return false
	case hasPrefixFold(id.name, "__Secure-") && !k.secure:
		return false
	case hasPrefixFold(id.name, "__Host-") && !(k.secure && k.hostOnly && id.path == "/"):
		return false
	case id.name == "" && (hasPrefixFold(k.value, "__Secure-") || hasPrefixFold(k.value, "__Host-")):
		return false // servers would read the value as a name
	case r.laxByDefault && k.sameSite == http.SameSiteNoneMode && !k.secure:
		return false
	}
	return !c.crossSite || k.sameSite == http.SameSiteNoneMode
}

// hasPrefixFold ignores case, because servers may.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// makeRoom removes the oldest cookie of the host, or of all hosts, if there are
// too many.
func (j *cookieJar) makeRoom(id cookieID) {
	sameHost := 0
	var oldestHere, oldest cookieID
	var hereAt, at uint64
	for other, k := range j.cookies {
		if at == 0 || k.created < at {
			oldest, at = other, k.created
		}
		if other.domain == id.domain && other.partition == id.partition {
			if sameHost++; hereAt == 0 || k.created < hereAt {
				oldestHere, hereAt = other, k.created
			}
		}
	}
	switch {
	case sameHost >= maxCookiesPerHost:
		delete(j.cookies, oldestHere)
	case len(j.cookies) >= maxCookies:
		delete(j.cookies, oldest)
	}
}

// isSuffix reports whether domain, which is the host of o or above it, is a
// public suffix, an address or a single label.
func isSuffix(o origin.Origin, domain string) bool {
	registrable, ok := o.RegistrableDomain()
	return !ok || len(domain) < len(registrable)
}

// domainMatch reports whether host is domain or below it (RFC 6265bis §5.1.3).
// Both are in lower case. Nothing is below an IP address.
func domainMatch(host, domain string) bool {
	if host == domain {
		return true
	}
	prefix, ok := strings.CutSuffix(host, domain)
	return ok && strings.HasSuffix(prefix, ".") && !isAddress(host)
}

func isAddress(host string) bool {
	return strings.HasPrefix(host, "[") || host != "" && host[len(host)-1] >= '0' && host[len(host)-1] <= '9' && strings.Count(host, ".") == 3
}

// pathMatch reports whether a cookie with cookiePath is sent to path (RFC
// 6265bis §5.1.4).
func pathMatch(path, cookiePath string) bool {
	rest, ok := strings.CutPrefix(path, cookiePath)
	return ok && (rest == "" || strings.HasSuffix(cookiePath, "/") || rest[0] == '/')
}

func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}
