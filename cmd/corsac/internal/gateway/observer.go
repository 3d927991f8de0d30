package gateway

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cors"
)

// observer records what becomes of a request.
type observer struct {
	http.ResponseWriter

	start    time.Time
	status   int // 0 without a response
	bytes    int64
	complete bool // the response did not break off

	debug func() string // the debug header; nil without one

	decision cors.Decision
	option   string // the option of the route that has refused the request
	answer   string // the code of an answer of the gateway itself
}

// observerOf returns what observes the request whose ResponseWriter w stands on, or
// nil.
func observerOf(w http.ResponseWriter) *observer {
	for {
		switch below := w.(type) {
		case *observer:
			return below
		case interface{ Unwrap() http.ResponseWriter }:
			w = below.Unwrap()
		default:
			return nil
		}
	}
}

// observe keeps a decision about a request for the access log.
func observe(w http.ResponseWriter, d cors.Decision) {
	if o := observerOf(w); o != nil {
		o.decision = d
	}
}

// Unwrap returns the original ResponseWriter, for [http.ResponseController].
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (o *observer) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
		o.explain()
	}
	o.ResponseWriter.WriteHeader(status)
}

// explain adds the debug header.
func (o *observer) explain() {
	if o.debug != nil && o.status != http.StatusNotModified {
		tell(o.Header(), o.debug())
	}
}

// Write implements [http.ResponseWriter].
func (o *observer) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// ReadFrom implements [io.ReaderFrom], so that the system can move long bodies.
func (o *observer) ReadFrom(src io.Reader) (n int64, err error) {
	if to, ok := o.ResponseWriter.(io.ReaderFrom); ok {
		n, err = to.ReadFrom(src)
	} else {
		n, err = io.Copy(struct{ io.Writer }{o.ResponseWriter}, src)
	}
	o.bytes += n
	return n, err
}

// Hijack implements [http.Hijacker].
func (o *observer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(o.ResponseWriter).Hijack()
	if err == nil {
		o.status = http.StatusSwitchingProtocols
		o.explain()
	}
	return conn, buf, err
}

// observes reports whether somebody wants to know what becomes of requests.
func (s *setup) observes(logs bool) bool {
	return logs || s.metrics != nil || s.tracer != nil || s.access.On()
}

// observed reports what has become of a request.
func (s *setup) observed(o *observer, in *forward.Incoming, r *http.Request, logs bool) {
	defer s.metrics.end()
	defer s.access.End()
	rt, _ := in.Owner.(*route)
	if logs {
		o.log(s.log, r, in.Public.Client)
	}
	if s.metrics != nil && !isPreflight(r) {
		t := s.unrouted
		if rt != nil {
			t = rt.tally
		}
		t.response(o, in.Waited)
	}
	if s.access.On() {
		e := o.entry(r, rt, in.Public.Client)
		e.Upstream = in.Waited
		e.Aborted, e.Left = !o.complete, in.Left
		s.access.Add(&e)
	}
}

// log logs the request. The status is 0 if its connection was aborted.
func (o *observer) log(log *slog.Logger, r *http.Request, client string) {
	log.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI),
		slog.Int("status", o.status), slog.Duration("took", time.Since(o.start)),
		slog.String("origin", r.Header.Get("Origin")), slog.String("client", client))
}

// entry returns the request of a client for the access log. rt is nil if no route took
// it.
func (o *observer) entry(r *http.Request, rt *route, client string) accesslog.Entry {
	e := accesslog.Entry{
		Time: o.start, Client: client, Method: r.Method, Host: r.Host, Target: r.RequestURI,
		Route: NoRoute, Status: o.status, Bytes: o.bytes, Duration: time.Since(o.start),
		Protocol: r.Proto, Origin: r.Header.Get("Origin"), Kind: kindOf(r), Answer: o.answer,
	}
	if rt != nil {
		e.Route, e.Policy = rt.label, rt.announcedTo(r).name
	}
	switch {
	case o.option != "":
		e.Judged, e.Reason = true, o.option
	case o.decision.Kind != cors.NonCORS && (e.Kind == kindActual || e.Kind == kindPreflight):
		e.Judged, e.Allowed, e.Reason = true, o.decision.Allowed, o.decision.Reason.String()
	}
	return e
}

// The kinds of requests that a policy is about.
const (
	kindActual    = "actual"
	kindPreflight = "preflight"
)

// kindOf returns what a request is for CORS. Browsers send Origin with some to which
// it does not apply.
func kindOf(r *http.Request) string {
	switch {
	case len(r.Header["Origin"]) == 0:
		return "none"
	case isPreflight(r):
		return kindPreflight
	case r.Header.Get("Upgrade") != "":
		return "websocket"
	case r.Header.Get("Sec-Fetch-Site") == "same-origin":
		return "same-origin"
	}
	switch r.Header.Get("Sec-Fetch-Mode") {
	case "no-cors":
		return "opaque"
	case "navigate":
		return "navigation"
	}
	return kindActual
}

// early are observers of requests that are answered before net/http has read them, of
// which nothing outlives the answer.
var early = sync.Pool{New: func() any { return new(observer) }}

// servePreflight answers a preflight, with its line in the access log.
func (s *setup) servePreflight(rt *route, a *announced, w http.ResponseWriter, r *http.Request) {
	o := early.Get().(*observer)
	o.ResponseWriter, o.start = w, time.Now()
	a.preflights.ServeHTTP(o, r)
	if o.status != 0 {
		e := o.entry(r, rt, s.terms.Trust.Public(r).Client)
		s.access.Add(&e)
	}
	*o = observer{}
	early.Put(o)
}

// serveAside answers a request of a client whose response is not counted, with its line in
// the access log.
func (s *setup) serveAside(w http.ResponseWriter, r *http.Request, client string, answer func(http.ResponseWriter) *route) {
	if !s.access.On() {
		answer(w)
		return
	}
	o := &observer{ResponseWriter: w, start: time.Now()}
	var rt *route
	defer func() {
		e := o.entry(r, rt, client)
		e.Aborted = !o.complete
		s.access.Add(&e)
	}()
	rt = answer(o)
	o.complete = true
}
