package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Recorded is one request that was seen on the wire, and its answer: an entry of a HAR file, or
// what a proxy saw.
type Recorded struct {
	// Method and URL are those of the request line; URL is absolute.
	Method, URL string
	// RequestHeaders are the lines that were sent; they tell preflights from other OPTIONS requests.
	RequestHeaders []Header
	// Status is 0 if there was no answer.
	Status int
	// ResponseHeaders are the lines of the answer, several of one name apart.
	ResponseHeaders []Header
	// Err is the network error, if there was one.
	Err error
}

// maxRecorded bounds a recording.
const maxRecorded = 1 << 16

// Recording is what was seen of one request of script, in order.
type Recording struct {
	// Exchanges are at most 65,536; more are not looked at.
	Exchanges []Recorded
	// AssumePreflights takes preflights that were not recorded for successful: HAR files often
	// leave them out. Wire.Assumed marks them.
	AssumePreflights bool
}

// ErrNotRecorded is the cause of a failure where the browser would have made a request that the
// recording does not have.
var ErrNotRecorded = errors.New("request was not recorded")

// Decide says what the browser would have done with a recorded exchange, without a network: it makes
// the request as [Browser.Fetch] does and takes the answers from the recording. Each recorded
// exchange answers at most one wire request, of its method and URL (fragments aside). The preflight
// cache of b is neither used nor filled.
func (b *Browser) Decide(page *Page, req *Request, rec *Recording) *Outcome {
	fresh := New(b.cfg)
	p := playback{rec: rec, used: make([]bool, min(len(rec.Exchanges), maxRecorded))}
	return fresh.Fetch(context.Background(), page, req, p.exchange)
}

type playback struct {
	rec  *Recording
	used []bool
}

func (p *playback) exchange(_ context.Context, w *WireRequest) (*WireResponse, error) {
	for i := range p.used {
		r := &p.rec.Exchanges[i]
		if p.used[i] || r.Method != w.Method || !sameURL(r.URL, w.URL) || r.IsPreflight() != (w.Kind == KindPreflight) {
			continue
		}
		p.used[i] = true
		if r.Err != nil {
			return nil, r.Err
		}
		if r.Status == 0 {
			return nil, &NetError{Code: CodeFailed, Err: errNoAnswer}
		}
		return &WireResponse{Status: r.Status, Headers: r.ResponseHeaders}, nil
	}
	if w.Kind == KindPreflight && p.rec.AssumePreflights {
		return assumed(w), nil
	}
	return nil, fmt.Errorf("%s %s: %w", w.Kind, w.RequestLine(), ErrNotRecorded)
}

// IsPreflight reports whether it is a CORS preflight: OPTIONS with Access-Control-Request-Method.
func (r *Recorded) IsPreflight() bool {
	return r.Method == "OPTIONS" && has(r.RequestHeaders, "Access-Control-Request-Method")
}

// Header is the value of the request's header of that name, in any case, several lines joined; "" if
// there is none.
func (r *Recorded) Header(name string) string {
	value, _ := get(r.RequestHeaders, name)
	return value
}

func sameURL(recorded, wire string) bool {
	if recorded == wire {
		return true
	}
	u, err := weburl.Parse(recorded, nil)
	return err == nil && u.StringNoFragment() == wire
}

// assumed is the answer to a preflight that allows exactly what was asked for.
func assumed(w *WireRequest) *WireResponse {
	origin, _ := get(w.Headers, "Origin")
	method, _ := get(w.Headers, "Access-Control-Request-Method")
	headers, _ := get(w.Headers, "Access-Control-Request-Headers")
	return &WireResponse{Status: 204, assumed: true, Headers: []Header{
		{"Access-Control-Allow-Origin", origin},
		{"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Methods", method},
		{"Access-Control-Allow-Headers", headers},
	}}
}

// Observed reconstructs what script asked for from a request on the wire: the page from Origin and
// Referer, mode and destination from Sec-Fetch-*, credentials from Cookie, the headers without those
// that browsers add themselves. A preflight is taken for the request that it asks about, with made-up
// values for the headers. What the wire does not show is guessed as script most often has it; ok is
// false if the page's origin cannot be told at all.
func Observed(r *Recorded) (page PageConfig, req *Request, ok bool) {
	origin, referer := r.Header("Origin"), r.Header("Referer")
	page = PageConfig{Origin: origin}
	if u, err := weburl.Parse(referer, nil); err == nil && (origin == "" || u.Origin() == origin) {
		page.Origin, page.URL = u.Origin(), referer
	}
	crossOrigin := false
	if target, err := weburl.Parse(r.URL, nil); err == nil {
		crossOrigin = target.Origin() != page.Origin
	}
	req = &Request{URL: r.URL, Method: r.Method, Destination: r.destination()}
	if r.IsPreflight() {
		req.observePreflight(r)
		return page, req, page.Origin != ""
	}
	req.observeModes(r, crossOrigin)
	if req.Destination != DestinationFetch {
		return page, req, page.Origin != "" // no others have headers or a body
	}
	for _, h := range r.RequestHeaders {
		if !isBrowsersOwn(lower(h.Name), h.Value) {
			req.Headers = append(req.Headers, h)
		}
	}
	if method := normalizeMethod(r.Method); method != "GET" && method != "HEAD" && has(r.RequestHeaders, "Content-Type") {
		req.Body = &Body{Kind: BodyBytes}
	}
	return page, req, page.Origin != ""
}

// observePreflight sets what a preflight asks about.
func (req *Request) observePreflight(r *Recorded) {
	req.Method = r.Header("Access-Control-Request-Method")
	for name := range strings.SplitSeq(r.Header("Access-Control-Request-Headers"), ",") {
		name = strings.Trim(name, " \t")
		h := Header{name, "0"}
		if lower(name) == "content-type" {
			h.Value = "application/json"
		}
		if name != "" {
			req.Headers = append(req.Headers, h)
		}
	}
}

// observeModes sets mode and credentials, as an element has them by its crossorigin attribute.
func (req *Request) observeModes(r *Recorded, crossOrigin bool) {
	mode := r.Header("Sec-Fetch-Mode")
	cookies := crossOrigin && has(r.RequestHeaders, "Cookie")
	switch req.Destination {
	case DestinationFetch:
		switch {
		case Mode(mode) == ModeNoCORS, Mode(mode) == ModeSameOrigin:
			req.Mode = Mode(mode)
		case mode == "" && crossOrigin && isWire(r.RequestHeaders) && !has(r.RequestHeaders, "Origin"):
			req.Mode = ModeNoCORS // the others send Origin
		}
		if cookies {
			req.Credentials = CredentialsInclude
		}
	case DestinationEventSource:
		if cookies {
			req.Credentials = CredentialsInclude
		}
	case DestinationImage, DestinationScript, DestinationStyle:
		if Mode(mode) != ModeCORS {
			return
		}
		attribute := "anonymous"
		if cookies {
			attribute = "use-credentials"
		}
		req.CrossOrigin = &attribute
	}
}

// isWire reports whether headers are those of the wire, and not what a browser would have sent.
func isWire(headers []Header) bool { return has(headers, "Host") || has(headers, ":authority") }

// destination is what asks, by the headers that browsers add.
func (r *Recorded) destination() Destination {
	dest := r.Header("Sec-Fetch-Dest")
	switch {
	case Mode(r.Header("Sec-Fetch-Mode")) == ModeWebSocket, has(r.RequestHeaders, "Sec-WebSocket-Version"):
		return DestinationWebSocket
	case r.isEventSource():
		return DestinationEventSource
	case dest == "image":
		return DestinationImage
	case dest == "script":
		return DestinationScript
	case dest == "style":
		return DestinationStyle
	case dest == "font":
		return DestinationFont
	}
	return DestinationFetch
}

// isEventSource reports whether an EventSource asks, and not script that reads such a stream by fetch:
// that may use another method, and sets headers of its own.
func (r *Recorded) isEventSource() bool {
	if r.Method != "GET" || r.Header("Accept") != "text/event-stream" || r.Header("Cache-Control") != "no-cache" {
		return false
	}
	for _, h := range r.RequestHeaders {
		switch name := lower(h.Name); {
		case name == "accept", name == "cache-control", name == "last-event-id", isBrowsersOwn(name, h.Value):
		default:
			return false
		}
	}
	return true
}

// isBrowsersOwn reports headers that browsers add to requests of script, and script seldom does.
func isBrowsersOwn(name, value string) bool {
	switch name {
	case "origin", "referer", "cookie", "host", "connection", "content-length", "accept-encoding", "accept-language",
		"user-agent", "priority", "upgrade-insecure-requests", "if-none-match", "if-modified-since", "dnt", "te",
		"available-dictionary", "x-client-data":
		return true
	case "accept":
		return value == "*/*"
	case "pragma":
		return value == "no-cache"
	case "cache-control":
		return value == "no-cache" || value == "max-age=0"
	}
	return strings.HasPrefix(name, ":") || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-")
}
