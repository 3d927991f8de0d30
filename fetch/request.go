package fetch

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// EmptyMethod is the Method of a request for which script passes the empty
// string, which browsers refuse. An empty Method means that script passes none.
const EmptyMethod = "\x00"

// Request is what script asks for: the arguments of fetch() or XMLHttpRequest,
// or the attributes of an element. Empty fields have the defaults of the
// destination.
type Request struct {
	// URL may be relative to the page's URL.
	URL string
	// Method is GET if empty; see [EmptyMethod].
	Method string
	// Headers are in the order in which script appended them.
	Headers Headers
	// Body is nil for none. GET and HEAD cannot have one.
	Body *Body
	// Options are everything else that script passes.
	Options
}

// Options are what script passes to fetch() besides URL, method, headers and
// body, or the equivalent for XMLHttpRequest and elements. Empty fields have
// the defaults of the destination: for fetch, mode cors, credentials
// same-origin, redirect follow.
type Options struct {
	Mode        Mode
	Credentials Credentials
	// Redirect is the redirect mode
	// (https://fetch.spec.whatwg.org/#concept-request-redirect-mode): "follow",
	// "manual" or "error".
	Redirect string
	// Cache is the cache mode
	// (https://fetch.spec.whatwg.org/#concept-request-cache-mode): "default",
	// "no-store", "reload", "no-cache", "force-cache" or "only-if-cached".
	// There is no HTTP cache here: the mode decides only headers and whether
	// the preflight cache is used.
	Cache       string
	Destination Destination
	// ReferrerPolicy overrides the page's policy.
	ReferrerPolicy string
	// CrossOrigin is the crossorigin attribute of an element. Nil means that
	// there is none; any value but "use-credentials" means anonymous.
	CrossOrigin *string
	// UploadListener says that an XMLHttpRequest has a listener on its upload
	// object, which sets the use-CORS-preflight flag
	// (https://fetch.spec.whatwg.org/#use-cors-preflight-flag).
	UploadListener bool
	// StreamBody says that the body, if there is one, is a ReadableStream
	// whatever its Kind. This sets the use-CORS-preflight flag, and the body
	// cannot be sent twice.
	StreamBody bool
	// TargetAddressSpace is fetch's option of that name. It exempts plain http
	// from the mixed content check if the server turns out to be in that space.
	TargetAddressSpace origin.AddressSpace
}

// streams reports whether the body is a ReadableStream.
func (req *Request) streams() bool {
	return req.Body != nil && (req.StreamBody || req.Body.Kind == BodyStream)
}

// The redirect modes, and the cache modes that matter here.
const (
	redirectFollow = "follow"
	redirectManual = "manual"
	redirectError  = "error"

	cacheDefault      = "default"
	cacheNoStore      = "no-store"
	cacheReload       = "reload"
	cacheNoCache      = "no-cache"
	cacheOnlyIfCached = "only-if-cached"
)

// header is a [Header] and its name in lower case.
type header struct {
	Header
	lower string
}

// request is a [Request] after the constructor.
type request struct {
	url         *weburl.URL
	method      string
	headers     []header
	body        *Body
	mode        Mode
	credentials Credentials
	redirect    string
	cache       string
	dest        Destination
	referrer    referrerPolicy
	// flag is the use-CORS-preflight flag.
	flag       bool
	flagReason PreflightKind
	space      origin.AddressSpace
}

// construct is the Request constructor
// (https://fetch.spec.whatwg.org/#dom-request), or its equivalent for
// XMLHttpRequest and elements.
func (m *machine) construct(in *Request) *thrown {
	q := &m.req
	*q = request{
		method: in.Method, body: in.Body, mode: in.Mode, credentials: in.Credentials, redirect: in.Redirect,
		cache: in.Cache, dest: in.Destination, referrer: m.page.referrer, space: in.TargetAddressSpace,
	}
	m.setDefaults(in)
	if q.dest == DestinationXHR { // open() checks the method first
		if t := m.checkMethod(); t != nil {
			return t
		}
	}
	u, err := weburl.Parse(in.URL, m.page.url)
	if err != nil {
		return m.throwURL(in.URL)
	}
	q.url = u
	if q.dest == DestinationWebSocket {
		switch u.Scheme {
		case "ws", "http":
			u.Scheme = "http"
		case "wss", "https":
			u.Scheme = "https"
		default:
			return &thrown{
				syntaxError, "Failed to construct 'WebSocket': The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. '" +
					abridge(u.Scheme) + "' is not allowed.", "dom-websocket",
			}
		}
	}
	if q.dest == DestinationFetch && u.HasCredentials() {
		url := abridge(in.URL)
		return m.throw("Request cannot be constructed from a URL that includes credentials: "+url, url+" is an url with embedded credentials.")
	}
	if t := m.checkModes(in); t != nil {
		return t
	}
	if t := m.checkMethod(); t != nil {
		return t
	}
	if t := m.fillHeaders(in.Headers); t != nil {
		return t
	}
	return m.attachBody(in)
}

func (m *machine) setDefaults(in *Request) {
	q := &m.req
	mode, creds := ModeCORS, CredentialsSameOrigin
	switch q.dest {
	case "":
		q.dest = DestinationFetch
	case DestinationWebSocket: // https://websockets.spec.whatwg.org/#concept-websocket-establish
		mode, creds = ModeWebSocket, CredentialsInclude
		q.redirect, q.cache, q.referrer = redirectError, cacheNoStore, noReferrer
	case DestinationEventSource:
		q.cache = cacheNoStore
	case DestinationImage, DestinationScript, DestinationStyle, DestinationAudio, DestinationVideo:
		if in.CrossOrigin == nil {
			mode, creds = ModeNoCORS, CredentialsInclude
		}
	case DestinationTrack:
		if in.CrossOrigin == nil {
			mode = ModeSameOrigin
		}
	case DestinationWorker, DestinationSharedWorker, DestinationServiceWorker:
		mode = ModeSameOrigin
	case DestinationManifest:
		creds = CredentialsOmit
	}
	if in.CrossOrigin != nil && equalFold(*in.CrossOrigin, "use-credentials") {
		creds = CredentialsInclude
	}
	if q.mode == "" || q.dest == DestinationXHR {
		q.mode = mode
	}
	if q.credentials == "" || q.dest == DestinationXHR && q.credentials != CredentialsInclude {
		q.credentials = creds
	}
	if q.redirect == "" {
		q.redirect = redirectFollow
	}
	switch q.method {
	case "":
		q.method = "GET"
	case EmptyMethod:
		q.method = ""
	}
	if q.cache == "" {
		q.cache = cacheDefault
	}
}

// fillHeaders appends script's headers, as the request's guard allows
// (https://fetch.spec.whatwg.org/#concept-headers-append).
func (m *machine) fillHeaders(list Headers) *thrown {
	for _, h := range list {
		h.Value = trimHTTPSpace(h.Value)
		if !isToken(h.Name) {
			return m.throwHeader("name", h.Name)
		}
		if strings.ContainsAny(h.Value, "\x00\r\n") {
			return m.throwHeader("value", h.Value)
		}
		m.append(h)
	}
	mode := m.r.conditionalMode
	if m.req.dest == DestinationXHR {
		mode = m.r.conditionalXHR
	}
	if mode != "" && m.req.cache == cacheDefault && m.req.isConditional() {
		m.req.cache = mode
	}
	return nil
}

// isConditional reports whether script made the request conditional (RFC 9110
// §13.1).
func (q *request) isConditional() bool {
	for i := range q.headers {
		switch q.headers[i].lower {
		case "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since":
			return true
		}
	}
	return false
}

// append adds one header unless the guard forbids it. XMLHttpRequest combines
// lines of one name (https://xhr.spec.whatwg.org/#dom-xmlhttprequest-setrequestheader).
func (m *machine) append(h Header) {
	q := &m.req
	name := lower(h.Name)
	if m.r.isForbiddenHeader(name, h.Value) {
		if m.tracing {
			m.step("forbidden-request-header", false, "header %q is forbidden and dropped", h.Name)
		}
		return
	}
	at := q.find(name)
	if q.mode == ModeNoCORS {
		value := h.Value
		if at >= 0 {
			value = q.combined(name) + ", " + value
		}
		if !m.r.isNoCORSSafelisted(name, value) {
			if m.tracing {
				m.step("concept-headers-append", false, "header %q is not safelisted in no-cors mode and dropped", h.Name)
			}
			return
		}
	}
	switch {
	case at >= 0 && (m.r.combineHeaders || q.dest == DestinationXHR):
		q.headers[at].Value += ", " + h.Value
	default:
		if q.headers == nil {
			q.headers = make([]header, 0, 4)
		}
		q.headers = append(q.headers, header{Header: h, lower: name})
	}
}

func (q *request) find(lower string) int {
	for i := range q.headers {
		if q.headers[i].lower == lower {
			return i
		}
	}
	return -1
}

func (q *request) combined(lower string) string {
	value, first := "", true
	for i := range q.headers {
		if q.headers[i].lower != lower {
			continue
		}
		if !first {
			value += ", "
		}
		value, first = value+q.headers[i].Value, false
	}
	return value
}

// remove deletes headers by lower-case name.
func (q *request) remove(names ...string) {
	kept := q.headers[:0]
	for _, h := range q.headers {
		if !contains(names, h.lower) {
			kept = append(kept, h)
		}
	}
	q.headers = kept
}

// attachBody checks the body and adds the Content-Type that it sets.
func (m *machine) attachBody(in *Request) *thrown {
	q := &m.req
	if q.body != nil && (q.method == "GET" || q.method == "HEAD") {
		if q.dest == DestinationFetch {
			return m.throw("Request with GET/HEAD method cannot have body.", "HEAD or GET Request cannot have a body.")
		}
		q.body = nil
	}
	if q.dest == DestinationXHR && in.UploadListener && (q.body != nil || !m.r.uploadNeedsBody) {
		q.flag, q.flagReason = true, PreflightUploadListener
	}
	if q.body == nil {
		return nil
	}
	body := *q.body
	if in.streams() {
		body.Kind = BodyStream
		if m.r.streamsAsText {
			body.Kind = BodyText
		} else {
			q.flag, q.flagReason = true, PreflightStreamBody
		}
	}
	q.body = &body
	if at := q.find("content-type"); at >= 0 {
		if q.dest == DestinationXHR {
			q.headers[at].Value = m.r.charset(q.headers[at].Value, body.Kind)
		}
		return nil
	}
	if typ := body.contentType(); typ != "" {
		m.append(Header{Name: "Content-Type", Value: typ})
	}
	return nil
}

// charset returns script's Content-Type with the charset that the body really
// has.
func (r *rules) charset(v string, kind BodyKind) string {
	switch {
	case r.replaceCharset && (kind == BodyText || kind == BodyURLEncoded):
		return replaceCharsets(v)
	case !r.replaceCharset && kind == BodyText:
		return withUTF8(v)
	}
	return v
}

// replaceCharsets replaces the value of everything that looks like a charset
// parameter with UTF-8. As in Blink, the value need not be a media type, and
// quoted strings are searched too.
func replaceCharsets(v string) string {
	const word = "charset"
	var b strings.Builder
	for {
		at := strings.Index(lower(v), word)
		if at < 0 || at == 0 && b.Len() == 0 {
			return b.String() + v
		}
		end := at + len(word)
		start := end + len(v[end:]) - len(trimBlinkSpace(v[end:], ""))
		if at > 0 && v[at-1] > ' ' && v[at-1] != ';' || start == len(v) || v[start] != '=' {
			b.WriteString(v[:end])
			v = v[end:]
			continue
		}
		value := trimBlinkSpace(v[start+1:], `"'`)
		b.WriteString(v[:len(v)-len(value)])
		n := strings.IndexFunc(value, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"';`, r) })
		if n < 0 {
			n = len(value)
		}
		if n == 0 {
			return b.String() + value
		}
		b.WriteString("UTF-8")
		v = value[n:]
	}
}

// trimBlinkSpace removes control bytes, spaces and the bytes of more from the
// left.
func trimBlinkSpace(s, more string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(more, r) })
}

// withUTF8 returns script's Content-Type of a text body with its charset
// changed to UTF-8, as XMLHttpRequest does
// (https://xhr.spec.whatwg.org/#the-send()-method).
func withUTF8(v string) string {
	if _, ok := mimeEssence(v); !ok {
		return v
	}
	parts := strings.Split(v, ";")
	changed := false
	for i, p := range parts[1:] {
		name, value, ok := strings.Cut(p, "=")
		if ok && equalFold(trimHTTPSpace(name), "charset") && !equalFold(strings.Trim(trimHTTPSpace(value), `"`), "utf-8") {
			parts[i+1], changed = name+"=UTF-8", true
		}
	}
	if !changed {
		return v
	}
	return strings.Join(parts, ";")
}

// sortAndCombine returns the sorted and combined header list
// (https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine).
// Set-Cookie lines stay apart. It sorts list in place. Values are already
// trimmed; as in browsers, an empty one leaves a space after its comma.
func sortAndCombine(list Headers) Headers {
	for i := range list {
		list[i].Name = lower(list[i].Name)
	}
	slices.SortStableFunc(list, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	out := list[:0]
	for i := 0; i < len(list); {
		name, j := list[i].Name, i+1
		for j < len(list) && list[j].Name == name && name != "set-cookie" {
			j++
		}
		value := list[i].Value
		if j > i+1 {
			var b strings.Builder
			b.WriteString(value)
			for _, h := range list[i+1 : j] {
				b.WriteString(", ")
				b.WriteString(h.Value)
			}
			value = b.String()
		}
		out = append(out, Header{name, value})
		i = j
	}
	return out
}
