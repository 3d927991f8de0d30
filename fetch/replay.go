package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxRecorded bounds the exchanges of a recording.
const maxRecorded = 1 << 16

// Recording is what was recorded for one request of script, in order: its
// preflights, the request itself and its redirects.
type Recording struct {
	// Exchanges has at most 65,536 elements; any more are ignored. Each answers
	// at most one wire request: the first with the same Kind, Method and URL,
	// ignoring fragments. An empty field matches everything. If Kind is empty
	// and there are request headers, IsPreflight decides the kind. If the
	// request was sent and Status is 0, Err says why; nil means
	// net::ERR_FAILED.
	Exchanges []Recorded
	// AssumePreflights assumes that preflights that were not recorded
	// succeeded; HAR files often omit them. The outcome marks them with
	// Recorded.Assumed.
	AssumePreflights bool
}

// ErrNotRecorded is the cause of a failure if the browser would have sent a
// request that the recording does not have.
var ErrNotRecorded = errors.New("request was not recorded")

// Replay decides what the browser would have done with a recorded request,
// without a network. It makes the request as [Browser.Fetch] does and takes the
// responses from the recording. It neither uses nor fills the preflight cache
// of b.
func (b *Browser) Replay(page *Page, req *Request, rec *Recording) *Outcome {
	fresh := New(b.cfg)
	p := playback{rec: rec, used: make([]bool, min(len(rec.Exchanges), maxRecorded))}
	return fresh.Fetch(context.Background(), page, req, p.roundTrip)
}

type playback struct {
	rec  *Recording
	used []bool
}

func (p *playback) roundTrip(_ context.Context, w *WireRequest) (*WireResponse, error) {
	for i := range p.used {
		r := &p.rec.Exchanges[i]
		if p.used[i] || !r.fits(w) {
			continue
		}
		p.used[i] = true
		if r.Err != nil {
			return nil, r.Err
		}
		if r.Status == 0 {
			return nil, &NetError{Code: CodeFailed, Err: errNoAnswer}
		}
		return &WireResponse{Status: r.Status, Headers: r.ResponseHeaders, Body: r.Received}, nil
	}
	if w.Kind == KindPreflight && p.rec.AssumePreflights {
		return assumed(w), nil
	}
	return nil, fmt.Errorf("%s %s %s: %w", w.Kind, w.Method, w.URL, ErrNotRecorded)
}

// fits reports whether r answers w.
func (r *Recorded) fits(w *WireRequest) bool {
	if r.Method != "" && r.Method != w.Method || r.URL != "" && !sameURL(r.URL, w.URL) {
		return false
	}
	if r.Kind == "" && len(r.Headers) == 0 {
		return true
	}
	return r.IsPreflight() == (w.Kind == KindPreflight)
}

func sameURL(recorded, wire string) bool {
	if recorded == wire {
		return true
	}
	u, err := weburl.Parse(recorded, nil)
	return err == nil && u.StringNoFragment() == wire
}

// assumed returns a response to a preflight that allows exactly what it asks
// for.
func assumed(w *WireRequest) *WireResponse {
	return &WireResponse{Status: 204, assumed: true, Headers: Headers{
		{"Access-Control-Allow-Origin", w.Headers.Get("Origin")},
		{"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Methods", w.Headers.Get("Access-Control-Request-Method")},
		{"Access-Control-Allow-Headers", w.Headers.Get("Access-Control-Request-Headers")},
	}}
}

// InferRequest reconstructs the request that script made from one on the wire:
// the page from Origin and Referer, mode and destination from Sec-Fetch-*,
// credentials from Cookie, and the headers without those that browsers add. A
// preflight yields the request that it asks about, with made-up values for the
// headers. What the wire does not show gets its most common value. ok is false
// if the request does not show the page's origin.
func InferRequest(r *Recorded) (page PageConfig, req *Request, ok bool) {
	origin, referer := r.Headers.Get("Origin"), r.Headers.Get("Referer")
	page = PageConfig{Origin: origin}
	if u, err := weburl.Parse(referer, nil); err == nil && (origin == "" || u.Origin() == origin) {
		page.Origin, page.URL = u.Origin(), referer
	}
	crossOrigin := false
	if target, err := weburl.Parse(r.URL, nil); err == nil {
		crossOrigin = target.Origin() != page.Origin
	}
	req = &Request{URL: r.URL, Method: r.Method, Options: Options{Destination: r.destination()}}
	if r.IsPreflight() {
		req.inferPreflight(r)
		return page, req, page.Origin != ""
	}
	req.inferModes(r, crossOrigin)
	if req.Destination != DestinationFetch {
		return page, req, page.Origin != "" // no other destination has headers or a body
	}
	for _, h := range r.Headers {
		if !r.isAdded(h) {
			req.Headers = append(req.Headers, h)
		}
	}
	if method := normalizeMethod(r.Method); method != "GET" && method != "HEAD" && r.Headers.Has("Content-Type") {
		req.Body = &Body{Kind: BodyBytes}
	}
	return page, req, page.Origin != ""
}

// inferPreflight sets the method and headers that a preflight asks about.
func (req *Request) inferPreflight(r *Recorded) {
	req.Method = r.Headers.Get("Access-Control-Request-Method")
	for name := range strings.SplitSeq(r.Headers.Get("Access-Control-Request-Headers"), ",") {
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

// inferModes sets mode and credentials; for an element, its crossorigin
// attribute.
func (req *Request) inferModes(r *Recorded, crossOrigin bool) {
	mode := r.Headers.Get("Sec-Fetch-Mode")
	cookies := crossOrigin && r.Headers.Has("Cookie")
	switch req.Destination {
	case DestinationFetch:
		switch {
		case Mode(mode) == ModeNoCORS, Mode(mode) == ModeSameOrigin:
			req.Mode = Mode(mode)
		case mode == "" && crossOrigin && isWire(r.Headers) && !r.Headers.Has("Origin"):
			req.Mode = ModeNoCORS // the other modes send Origin
		}
		if cookies {
			req.Credentials = CredentialsInclude
		}
	case DestinationEventSource:
		if cookies {
			req.Credentials = CredentialsInclude
		}
	case DestinationImage, DestinationScript, DestinationStyle, DestinationAudio, DestinationVideo, DestinationTrack:
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

// isWire reports whether headers were seen on the wire, so that a missing one
// was not sent.
func isWire(headers Headers) bool { return headers.Has("Host") || headers.Has(":authority") }

// destination infers the destination from the headers that browsers add.
func (r *Recorded) destination() Destination {
	dest := r.Headers.Get("Sec-Fetch-Dest")
	switch {
	case Mode(r.Headers.Get("Sec-Fetch-Mode")) == ModeWebSocket, r.Headers.Has("Sec-WebSocket-Version"):
		return DestinationWebSocket
	case r.isEventSource():
		return DestinationEventSource
	}
	switch d := Destination(dest); d {
	case DestinationImage, DestinationScript, DestinationStyle, DestinationFont, DestinationJSON, DestinationWorker, DestinationSharedWorker,
		DestinationServiceWorker, DestinationTrack, DestinationAudio, DestinationVideo, DestinationManifest:
		return d
	}
	return DestinationFetch
}

// isEventSource reports whether an EventSource made the request. Script that
// reads such a stream with fetch may use another method and set headers of its
// own.
func (r *Recorded) isEventSource() bool {
	if r.Method != "GET" || r.Headers.Get("Accept") != "text/event-stream" || r.Headers.Get("Cache-Control") != "no-cache" {
		return false
	}
	for _, h := range r.Headers {
		switch name := lower(h.Name); {
		case name == "accept", name == "cache-control", name == "last-event-id", r.isAdded(h):
		default:
			return false
		}
	}
	return true
}
