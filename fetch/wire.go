package fetch

import (
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// site is how a URL relates to the page's origin
// (https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header).
type site uint8

const (
	sameOriginSite site = iota
	sameSite
	crossSite
)

var siteNames = [...]string{sameOriginSite: "same-origin", sameSite: "same-site", crossSite: "cross-site"}

// join returns the more distant of two relations.
func (s site) join(t site) site { return max(s, t) }

func (m *machine) siteOf(o origin.Origin) site {
	p := m.page.origin
	switch {
	case p.SameOrigin(o):
		return sameOriginSite
	case p.IsOpaque() || o.IsOpaque():
		return crossSite
	case p.Scheme() != o.Scheme() && !(m.r.schemelessSite && !hasDomain(o)):
		return crossSite
	case p.Host() == o.Host():
		return sameSite
	}
	// A registrable domain is a suffix of the host, so most hosts need no
	// look-up in the public suffix list.
	if m.page.domain == "" || !strings.HasSuffix(o.Host(), m.page.domain) {
		return crossSite
	}
	if domain, ok := o.RegistrableDomain(); ok && domain == m.page.domain {
		return sameSite
	}
	return crossSite
}

// hasDomain reports whether the host of an origin is a name below a public
// suffix, not localhost or an IP address.
func hasDomain(o origin.Origin) bool {
	_, ok := o.RegistrableDomain()
	return ok
}

// serialisedOrigin returns the request origin
// (https://fetch.spec.whatwg.org/#serializing-a-request-origin).
func (m *machine) serialisedOrigin() string {
	if m.nulled {
		return "null"
	}
	return m.page.origin.String()
}

func (m *machine) newWire(k Kind, method string) *WireRequest {
	return &WireRequest{
		Kind: k, Method: method, URL: m.href, Hop: m.hop, CrossSite: m.here == crossSite,
		Headers: make(Headers, 0, 8+len(m.req.headers)),
	}
}

// fillPreflight adds the headers of a preflight, in the standard's order.
func (m *machine) fillPreflight(w *WireRequest, names []string) {
	w.Headers = append(w.Headers,
		Header{"Accept", "*/*"},
		Header{"Access-Control-Request-Method", m.req.method})
	if len(names) > 0 {
		w.Headers = append(w.Headers, Header{"Access-Control-Request-Headers", joinNames(names)})
	}
	w.Headers = append(w.Headers, Header{"Origin", m.preflightOrigin()})
	m.addReferer(w)
	m.addMetadata(w)
	if m.r.preflightCacheControl {
		m.addCacheControl(w, false)
	}
}

// fillActual adds the headers and body of a request that is not a preflight
// (https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch).
func (m *machine) fillActual(w *WireRequest) {
	q := &m.req
	w.Body = q.body
	w.Credentials = m.sendsCredentials()
	for i := range q.headers {
		if h := q.headers[i].Header; !m.r.mergeOnWire || m.mergeLine(w, &q.headers[i]) {
			w.Headers = append(w.Headers, h)
		}
	}
	if q.find("accept") < 0 {
		w.Headers = append(w.Headers, Header{"Accept", m.accept()})
	}
	if o := m.originHeader(); o != "" {
		w.Headers = append(w.Headers, Header{"Origin", o})
	}
	m.addReferer(w)
	m.addMetadata(w)
	if m.r.storageAccess != "" && w.Credentials && m.here == crossSite && m.origin.PotentiallyTrustworthy() {
		value := m.r.storageAccess
		if m.page.cfg.BlockThirdPartyCookies {
			value = "none"
		}
		w.Headers = append(w.Headers, Header{"Sec-Fetch-Storage-Access", value})
	}
	m.addCacheControl(w, true)
	if q.dest == DestinationWebSocket {
		// Sec-WebSocket-Key is random, so whoever sends the request adds it.
		w.Headers = append(w.Headers, Header{"Connection", "Upgrade"}, Header{"Upgrade", "websocket"}, Header{"Sec-WebSocket-Version", "13"})
	}
}

// mergeLine reports whether h becomes a line of its own. If not, it merges h
// into the line of that name.
func (m *machine) mergeLine(w *WireRequest, h *header) bool {
	i := w.Headers.index(h.lower, 0)
	if i < 0 {
		return true
	}
	switch h.lower {
	case "content-type":
		if m.req.body == nil || m.hop > 0 {
			w.Headers[i].Value = h.Value
		}
	case "authorization", "user-agent":
	default:
		w.Headers[i].Value = joinValues(w.Headers[i].Value, h.Value)
	}
	return false
}

// joinValues combines two values of one name. Firefox leaves out empty ones.
func joinValues(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// accept returns the Accept header of a request without one
// (https://fetch.spec.whatwg.org/#fetching).
func (m *machine) accept() string {
	switch m.req.dest {
	case DestinationImage:
		return m.r.imageAccept
	case DestinationStyle:
		return "text/css,*/*;q=0.1"
	case DestinationEventSource:
		return "text/event-stream"
	}
	return "*/*"
}

// originHeader returns the Origin header of a request, or "" for none
// (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
func (m *machine) originHeader() string {
	if m.taint == TypeCORS || m.req.mode == ModeWebSocket {
		return m.serialisedOrigin()
	}
	if m.req.method == "GET" || m.req.method == "HEAD" {
		return ""
	}
	if m.req.mode == ModeCORS {
		return m.serialisedOrigin()
	}
	if m.r.noCORSOrigin {
		if m.demoted {
			return "null"
		}
		return m.serialisedOrigin()
	}
	downgrade := m.page.origin.Scheme() == "https" && m.url.Scheme != "https"
	hide := false
	switch m.referrerPolicy() {
	case noReferrer:
		hide = true
	case noReferrerWhenDowngrade, strictOrigin, strictOriginWhenCross:
		hide = downgrade
	case sameOriginReferrer:
		hide = !m.page.origin.SameOrigin(m.origin)
	case originReferrer, originWhenCross, unsafeURL:
	}
	if hide {
		return "null"
	}
	return m.serialisedOrigin()
}

// determineReferrer sets the Referer of the current hop. A policy that a
// redirect sets cannot restore what an earlier one removed
// (https://fetch.spec.whatwg.org/#main-fetch). What a profile sends less than
// the policy says is removed only for this hop, unless nothing is left.
func (m *machine) determineReferrer() {
	if m.hop > 0 && m.trimmed == allTrimmed {
		return
	}
	policy := m.referrerPolicy()
	m.referrer = m.r.referer(m.page, policy, m.origin)
	if m.trimmed == pathTrimmed && m.referrer != "" {
		m.referrer = m.page.origin.String() + "/"
	}
	if policy == m.req.referrer || m.referrer == "" {
		m.keepTrimmed()
	}
}

// trimmed is what hops so far have removed from the referrer.
type trimmed uint8

const (
	nothingTrimmed trimmed = iota
	pathTrimmed            // the origin is left
	allTrimmed
)

// keepTrimmed makes later hops send no more than the current one.
func (m *machine) keepTrimmed() {
	switch m.referrer {
	case "":
		m.trimmed = allTrimmed
	case m.page.origin.String() + "/":
		m.trimmed = pathTrimmed
	}
}

// referrerPolicy returns the policy that the profile applies to the current hop.
func (m *machine) referrerPolicy() referrerPolicy {
	switch policy := m.req.referrer; policy {
	case unsafeURL, noReferrerWhenDowngrade, originWhenCross:
		if m.r.ignoreRelaxed && !m.relatedHost() {
			return strictOriginWhenCross
		}
		return policy
	default:
		return policy
	}
}

// relatedHost reports whether the URL and the page have the same host or
// registrable domain, whatever their schemes.
func (m *machine) relatedHost() bool {
	p := m.page.origin
	if p.IsOpaque() || m.origin.IsOpaque() {
		return false
	}
	domain, ok := m.origin.RegistrableDomain()
	return p.Host() == m.origin.Host() || ok && domain == m.page.domain
}

// addReferer adds the Referer.
func (m *machine) addReferer(w *WireRequest) {
	if m.referrer != "" {
		w.Headers = append(w.Headers, Header{"Referer", m.referrer})
	}
}

// addMetadata adds Sec-Fetch-* if the URL is potentially trustworthy
// (https://w3c.github.io/webappsec-fetch-metadata/).
func (m *machine) addMetadata(w *WireRequest) {
	if !m.origin.PotentiallyTrustworthy() {
		if m.r.preflightMode && w.Kind == KindPreflight {
			w.Headers = append(w.Headers, Header{"Sec-Fetch-Mode", string(m.req.mode)})
		}
		return
	}
	site := m.site
	switch {
	case w.Kind == KindPreflight:
		site = m.here // it is a new request, which was not redirected
	case site == sameSite && m.r.schemelessSite && m.leftPlain && !hasDomain(m.page.origin):
		site = crossSite
	}
	w.Headers = append(w.Headers,
		Header{"Sec-Fetch-Dest", m.destMetadata()},
		Header{"Sec-Fetch-Mode", string(m.req.mode)},
		Header{"Sec-Fetch-Site", siteNames[site]})
}

// destMetadata returns the value of Sec-Fetch-Dest.
func (m *machine) destMetadata() string {
	switch m.req.dest {
	case DestinationImage:
		return "image"
	case DestinationScript, DestinationModule:
		return "script"
	case DestinationStyle, DestinationCSSModule:
		return "style"
	case DestinationFont, DestinationJSON, DestinationWorker, DestinationSharedWorker, DestinationServiceWorker,
		DestinationTrack, DestinationAudio, DestinationVideo, DestinationManifest:
		return string(m.req.dest)
	case DestinationWebSocket:
		if !m.r.socketNoDest {
			return "websocket"
		}
	}
	return "empty"
}

// addCacheControl adds what the cache mode asks for. If authored, headers of
// script take precedence.
func (m *machine) addCacheControl(w *WireRequest, authored bool) {
	add := func(name, value string) {
		if !authored || !w.Headers.Has(name) {
			w.Headers = append(w.Headers, Header{name, value})
		}
	}
	switch m.req.cache {
	case cacheNoStore, cacheReload:
		add("Pragma", "no-cache")
		add("Cache-Control", "no-cache")
	case cacheNoCache:
		add("Cache-Control", "max-age=0")
	}
}
