package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// maxHeaderLines bounds the header lines of a response.
const maxHeaderLines = 4096

// machine is one run of [Browser.Fetch].
type machine struct {
	b         *Browser
	r         *rules
	page      *Page
	ctx       context.Context
	roundTrip RoundTrip
	tracing   bool

	req      request
	url      *weburl.URL   // of the current hop
	href     string        // url, without its fragment
	origin   origin.Origin // of url
	here     site          // relation of url to the page
	site     site          // the most distant relation of all URLs so far
	hop      int
	taint    ResponseType // TypeBasic, TypeCORS or TypeOpaque
	nulled   bool         // the serialised request origin is "null"
	referrer string       // Referer of the current hop
	trimmed  trimmed      // what is not in it any more
	demoted  bool         // a no-cors request was redirected across origins

	leftPlain bool // a URL that is not https redirected the request

	// own is the preflight cache of a request that shares none.
	own *preflightCache

	// preflighted says that this hop or an earlier one needed a preflight.
	preflighted bool
	// sticky and needed are what Firefox keeps from the first hop: the unsafe
	// header names, and whether a preflight was needed. strippedNow are the
	// names that the last redirect dropped.
	sticky      []string
	needed      bool
	strippedNow []string
	// authored and asked are the headers and the method of the first hop, where
	// headers return.
	authored []header
	asked    string

	out Outcome
}

// fail returns an error about the current URL.
func (m *machine) fail(code Code, section string) *Error {
	e := &Error{
		Code: code, section: section, hop: m.hop, profile: m.b.cfg.Profile, dest: m.req.dest, mode: m.req.mode,
		Origin: m.page.origin.String(),
	}
	if m.req.url != nil {
		e.first = m.req.url.String()
		e.URL = e.first
	}
	if m.hop > 0 {
		e.URL = m.fullURL()
	}
	e.at, e.cross = e.URL, m.taint == TypeCORS
	if m.page.url != nil {
		e.pageURL = m.page.url.String()
	}
	return e
}

// fullURL returns the current URL with its fragment.
func (m *machine) fullURL() string {
	if !m.url.HasFragment {
		return m.href
	}
	return m.href + "#" + m.url.Fragment
}

func (m *machine) refuse(reason Reason, section string) *Error {
	e := m.fail("", section)
	e.Reason = reason
	return e
}

func (m *machine) finish(r Result, e *Error) {
	m.out.Result, m.out.Error = r, e
	if m.tracing && e != nil {
		what := string(e.Code)
		if what == "" {
			what = string(e.Reason)
		}
		m.step(e.section, false, "%s: %s", r, what)
	}
}

// step records one decision. Callers test m.tracing first, so that nothing is
// allocated without a trace.
func (m *machine) step(section string, ok bool, format string, args ...any) {
	m.out.Steps = append(m.out.Steps, Step{section, fmt.Sprintf(format, args...), ok})
}

// describe fills Outcome.Request once the constructor has made the request.
func (m *machine) describe(in *Request) {
	v := m.resolved(in)
	v.URL = m.fullURL()
	if q := &m.req; len(q.headers) > 0 {
		v.Headers = make(Headers, len(q.headers))
		for i := range q.headers {
			v.Headers[i] = q.headers[i].Header
		}
	}
}

// describeThrown fills Outcome.Request if the constructor threw: with the
// headers that script gave, and with its URL unless that was already resolved.
func (m *machine) describeThrown(in *Request) {
	v := m.resolved(in)
	v.URL, v.Headers = in.URL, slices.Clone(in.Headers)
	if m.req.url != nil {
		v.URL = m.req.url.String()
	}
}

// resolved sets Outcome.Request, except for URL and headers, to what the
// constructor has resolved so far, and returns it.
func (m *machine) resolved(in *Request) *Request {
	q := &m.req
	m.out.Request = Request{Method: q.method, Body: q.body, Options: in.Options}
	o := &m.out.Request.Options
	o.Mode, o.Credentials, o.Redirect, o.Cache, o.Destination = q.mode, q.credentials, q.redirect, q.cache, q.dest
	return &m.out.Request
}

// run is main fetch (https://fetch.spec.whatwg.org/#concept-main-fetch),
// repeated for each redirect.
func (m *machine) run() {
	m.taint = TypeBasic
	m.remember()
	for {
		if e := m.admit(); e != nil {
			m.finish(Blocked, e)
			return
		}
		if m.url.Scheme == "data" || m.url.Scheme == "about" {
			m.local()
			return
		}
		resp, e := m.httpFetch()
		if e == nil {
			var again bool
			if again, e = m.redirect(resp); again {
				continue
			}
		}
		if e != nil {
			if m.r.cache.clearOnFailure && (m.preflighted || m.r.cache.clearAlways && m.taint == TypeCORS) {
				m.b.cache.clear(m.cacheKey())
			}
			result := Blocked
			if e.Err != nil && e.console == "" { // not a decision of the browser
				result = Failed
			}
			m.finish(result, e)
			return
		}
		m.respond(resp)
		return
	}
}

// setURL makes u the current URL.
func (m *machine) setURL(u *weburl.URL) {
	m.url, m.href = u, u.StringNoFragment()
	m.origin = origin.Origin{}
	if u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "blob" {
		// A host that no origin can have leaves the origin opaque, so it is
		// never same-origin.
		m.origin, _ = origin.Parse(u.Origin())
	}
	m.here = m.siteOf(m.origin)
	m.site = m.site.join(m.here)
}

// admit is main fetch before the scheme decides: blocking, mixed content, mode
// and response tainting.
func (m *machine) admit() *Error {
	q := &m.req
	same := m.page.origin.SameOrigin(m.origin)
	switch {
	case same && m.taint == TypeBasic, m.url.Scheme == "data" && m.hop == 0, q.mode == ModeWebSocket:
		m.taint = TypeBasic
	case q.mode == ModeSameOrigin:
		if m.url.Scheme == "filesystem" {
			return m.unsupported()
		}
		return m.refuse(ReasonSameOriginMode, "concept-main-fetch")
	case q.mode == ModeNoCORS:
		if q.redirect != redirectFollow {
			return m.refuse(ReasonNoCORSRedirect, "concept-main-fetch")
		}
		m.taint = TypeOpaque
	default:
		m.taint = TypeCORS
	}
	if m.tracing {
		m.step("concept-main-fetch", true, "mode %s, page %s, url origin %s: response tainting is %s", q.mode, m.page.origin, m.origin, m.taint)
	}
	if e := m.checkScheme(); e != nil {
		return e
	}
	if m.url.Scheme == "http" || m.url.Scheme == "https" {
		if isBadPort(m.url.EffectivePort()) {
			return m.fail(CodeUnsafePort, "port-blocking")
		}
		if e := m.checkMixedContent(); e != nil {
			return e
		}
		if e := m.checkLocalNetwork(); e != nil {
			return e
		}
		if q.cache == cacheOnlyIfCached {
			return m.fail(codeCacheMiss, "concept-http-network-or-cache-fetch")
		}
		if m.r.refuseDictionary && q.find("available-dictionary") >= 0 {
			return m.fail(codeInvalidArgument, "concept-http-network-or-cache-fetch")
		}
	}
	return nil
}

// checkScheme refuses schemes other than HTTP(S) and the local ones
// (https://fetch.spec.whatwg.org/#concept-scheme-fetch).
func (m *machine) checkScheme() *Error {
	switch m.url.Scheme {
	case "http", "https", "data":
		return nil
	case "about":
		if m.r.aboutInNoCORS && m.taint == TypeOpaque && m.url.Path == "blank" {
			return nil
		}
	case "file", "devtools", "chrome", "chrome-untrusted":
		return m.refuse(ReasonLocalResource, "concept-scheme-fetch")
	case "blob":
		if m.page.origin.SameOrigin(m.origin) {
			return m.fail(codeFileNotFound, "concept-scheme-fetch")
		}
		return m.refuse(ReasonLocalResource, "concept-scheme-fetch")
	}
	return m.unsupported()
}

// unsupported returns the error for a scheme from which nothing can be fetched.
func (m *machine) unsupported() *Error {
	if m.req.dest == DestinationXHR && m.taint == TypeCORS && m.url.Scheme != "ftp" && m.url.Scheme != "chrome-extension" {
		return m.fail(CodeCorsDisabledScheme, "concept-main-fetch")
	}
	e := m.refuse(ReasonUnsupportedScheme, "concept-scheme-fetch")
	e.scheme = m.url.Scheme
	return e
}

// local makes the response for data: and about: URLs
// (https://fetch.spec.whatwg.org/#scheme-fetch).
func (m *machine) local() {
	if m.url.Scheme == "about" {
		m.out.Response = &Response{Type: TypeOpaque}
		m.finish(Opaque, nil)
		return
	}
	typ, ok := dataURLType(m.url.Path)
	if !ok {
		m.finish(Blocked, m.fail(codeInvalidURL, "data-url-processor"))
		return
	}
	m.out.Response = &Response{
		Type: TypeBasic, Status: 200, URL: m.href,
		Headers: Headers{{"content-type", typ}},
	}
	m.finish(Allowed, nil)
}

// dataURLType returns the MIME type of a data: URL
// (https://fetch.spec.whatwg.org/#data-url-processor).
func dataURLType(path string) (string, bool) {
	typ, _, ok := strings.Cut(path, ",")
	if !ok {
		return "", false
	}
	typ = trimHTTPSpace(typ)
	if head, isBase64 := strings.CutSuffix(lower(typ), "base64"); isBase64 {
		head = strings.TrimRight(head, " ")
		if strings.HasSuffix(head, ";") {
			typ = typ[:len(head)-1]
		}
	}
	if strings.HasPrefix(typ, ";") {
		typ = "text/plain" + typ
	}
	if _, ok := mimeEssence(typ); !ok {
		return "text/plain;charset=US-ASCII", true
	}
	return typ, true
}

// httpFetch is HTTP fetch before redirects
// (https://fetch.spec.whatwg.org/#concept-http-fetch): preflight, request, CORS
// check, Cross-Origin-Resource-Policy.
func (m *machine) httpFetch() (*WireResponse, *Error) {
	m.determineReferrer()
	if m.taint == TypeCORS {
		if e := m.preflight(); e != nil {
			return nil, e
		}
	}
	w := m.newWire(KindActual, m.req.method)
	m.fillActual(w)
	resp, e := m.send(w)
	if e != nil {
		return nil, e
	}
	if e := m.checkLocation(resp); e != nil {
		return nil, e
	}
	switch m.taint {
	case TypeCORS:
		f, ok := m.r.corsCheck(resp.Headers, m.serialisedOrigin(), m.req.credentials == CredentialsInclude)
		if !ok {
			return nil, m.accessError(f, resp.Status, false)
		}
		if m.tracing {
			m.step("cors-check", true, "response passes the CORS check for origin %s", m.serialisedOrigin())
		}
	case TypeOpaque:
		if e := m.checkCORP(resp); e != nil {
			return nil, e
		}
	}
	return resp, nil
}

// send sends w and records it in Outcome.Wire.
func (m *machine) send(w *WireRequest) (*WireResponse, *Error) {
	misdirected := "" // Content-Type of a response with status 421
	for try := 0; ; try++ {
		if m.out.Wire == nil && w.Kind == KindPreflight {
			m.out.Wire = make([]Recorded, 0, 2)
		}
		m.out.Wire = append(m.out.Wire, Recorded{WireRequest: *w})
		seen := &m.out.Wire[len(m.out.Wire)-1]
		resp, err := m.roundTrip(m.ctx, w)
		if err == nil {
			err = m.checkHead(resp)
		}
		if err == nil {
			err = m.checkStart(w, resp)
		}
		if err != nil {
			seen.Err = err
			return nil, m.networkError(err, w.Kind == KindPreflight)
		}
		seen.Status, seen.ResponseHeaders, seen.Received, seen.Assumed = resp.Status, resp.Headers, resp.Body, resp.assumed
		if m.tracing {
			m.step("concept-http-network-fetch", true, "%s %s: response has status %d", w.Kind, w.Method+" "+w.URL, resp.Status)
		}
		if resp.Status == 421 && m.r.retryMisdirected && try == 0 && m.canRepeat(w) {
			misdirected, _ = resp.Headers.get("Content-Type")
			continue
		}
		if misdirected != "" && m.r.doubleType {
			return withType(resp, misdirected), nil
		}
		return resp, nil
	}
}

// canRepeat reports whether w can be sent once more: a stream is read only once.
func (m *machine) canRepeat(w *WireRequest) bool {
	return w.Kind == KindPreflight || m.req.body == nil || m.req.body.Kind != BodyStream
}

// withType returns a copy of a response with another Content-Type before its
// own.
func withType(resp *WireResponse, first string) *WireResponse {
	out := *resp
	out.Headers = slices.Clone(resp.Headers)
	if i := out.Headers.index("Content-Type", 0); i >= 0 {
		out.Headers[i].Value = first + "," + out.Headers[i].Value
	}
	return &out
}

// checkHead refuses a head that no browser accepts, or not that of the profile.
func (m *machine) checkHead(resp *WireResponse) error {
	switch {
	case resp == nil:
		return &NetError{Code: CodeFailed, Err: errNoAnswer}
	case resp.Status == 407 && m.r.refuseProxyAuth:
		return &NetError{Code: codeProxyAuth, Err: errProxyAuth}
	case resp.Status == 101 && m.r.switchIsInterim && m.req.dest != DestinationWebSocket:
		return &NetError{Code: CodeInvalidResponse, Err: errSwitched}
	}
	if len(resp.Headers) > maxHeaderLines {
		return &NetError{Code: CodeHeadersTooBig, Err: fmt.Errorf("response has %d header lines; at most %d are allowed", len(resp.Headers), maxHeaderLines)}
	}
	for i := range resp.Headers {
		if strings.IndexByte(resp.Headers[i].Value, 0) >= 0 {
			return &NetError{Code: CodeInvalidResponse, Err: fmt.Errorf("header %q contains a NUL", resp.Headers[i].Name)}
		}
	}
	return nil
}

var (
	errNoAnswer  = errors.New("no answer")
	errProxyAuth = errors.New("status 407 without a proxy")
	errSwitched  = errors.New("status 101, and then no response")
)

func (m *machine) networkError(err error, preflight bool) *Error {
	n := &NetError{Code: CodeFailed}
	_ = errors.As(err, &n)
	if n.Unsent {
		m.out.Wire = m.out.Wire[:len(m.out.Wire)-1]
	}
	e := m.fail(n.Code, "concept-http-network-fetch")
	e.Err, e.Preflight, e.console = err, preflight, n.Console
	return e
}

// respond filters the response for script.
func (m *machine) respond(resp *WireResponse) {
	if m.req.dest == DestinationWebSocket && resp.Status != 101 {
		e := m.fail(CodeFailed, "websocket-opening-handshake")
		e.Reason, e.status = ReasonHandshake, resp.Status
		m.finish(Blocked, e)
		return
	}
	e := m.checkWorkerEmbedder(resp)
	if e == nil {
		e = m.checkType(resp)
	}
	if e != nil {
		m.finish(Blocked, e)
		return
	}
	broken := m.checkBody(resp)
	if broken != nil && (m.req.dest != DestinationFetch || m.taint == TypeOpaque) {
		m.finish(Failed, broken)
		return
	}
	r := m.filter(resp)
	m.out.Response = r
	result := Allowed
	if r.Type == TypeOpaque || r.Type == TypeOpaqueRedirect {
		result = Opaque
	}
	if m.tracing {
		m.step("concept-filtered-response", true, "script gets a response of type %s; headers that it can read: %d", r.Type, len(r.Headers))
	}
	if broken != nil {
		result = Failed
	}
	m.finish(result, broken)
}
