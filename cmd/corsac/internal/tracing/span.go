package tracing

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// Span is that of a request, with that of the request to its upstream. The methods of a
// nil span do nothing.
type Span struct {
	tracer         *Tracer
	server, client trace.Span // client is nil before Forward
	failed         bool       // the upstream has not answered
}

// The headers of a trace (https://www.w3.org/TR/trace-context/).
const (
	parentHeader = "Traceparent"
	stateHeader  = "Tracestate"
)

// aborted is the type of the error of a response that breaks off.
const aborted = "aborted"

// Decided notes what the policy says of the request.
func (s *Span) Decided(kind, verdict, reason string) {
	if s != nil && s.server.IsRecording() {
		s.server.SetAttributes(attribute.String("corsac.kind", kind), attribute.String("corsac.verdict", verdict), attribute.String("corsac.reason", reason))
	}
}

// Refused notes that an option of the route refuses the request.
func (s *Span) Refused(option string) {
	if s != nil {
		s.server.SetAttributes(attribute.String("corsac.refused_by", option))
	}
}

// Outcome is what has become of a request.
type Outcome struct {
	Route, Policy string // "" if no route takes the request
	Status        int    // 0 if there is none
	Complete      bool   // the response has not been broken off
}

// End ends the span.
func (s *Span) End(r *http.Request, o Outcome) {
	if s.server.IsRecording() {
		if o.Route != "" {
			s.server.SetName(methodOf(r.Method) + " " + o.Route)
			s.server.SetAttributes(attribute.String("http.route", o.Route), attribute.String("corsac.route", o.Route), attribute.String("corsac.policy", o.Policy))
		}
		finish(s.server, o.Status, o.Complete, 500)
	}
	s.server.End()
}

// Forward begins the span of the request to an upstream, and returns the request with
// the headers that make the upstream's spans part of the trace. A header of which settled
// says that somebody has decided on it stays as it is.
func (s *Span) Forward(r *http.Request, upstream *url.URL, settled func(header string) bool) *http.Request {
	ctx := trace.ContextWithSpan(r.Context(), s.server)
	ctx, s.client = s.tracer.tracer.Start(ctx, methodOf(r.Method), trace.WithSpanKind(trace.SpanKindClient))
	if s.client.IsRecording() {
		s.client.SetAttributes(toUpstream(r, upstream)...)
	}
	own := http.Header{}
	s.tracer.wire.Inject(ctx, propagation.HeaderCarrier(own))
	if settled(parentHeader) {
		delete(own, stateHeader) // which belongs to another parent
	}
	changed := *r
	changed.Header = maps.Clone(r.Header)
	for _, name := range []string{parentHeader, stateHeader} {
		if settled(name) {
			continue
		}
		delete(changed.Header, name)
		if lines := own[name]; len(lines) > 0 {
			changed.Header[name] = lines
		}
	}
	return &changed
}

// Failed notes that the upstream has not answered, by the code of the answer of the
// gateway.
func (s *Span) Failed(code string) {
	if s == nil || s.client == nil {
		return
	}
	s.failed = true
	s.client.SetAttributes(attribute.String("error.type", code))
	s.client.SetStatus(codes.Error, "")
}

// Forwarded ends the span of the request to the upstream.
func (s *Span) Forwarded(status int, complete bool) {
	if s.client.IsRecording() && !s.failed {
		finish(s.client, status, complete, 400)
	}
	s.client.End()
}

// finish notes the status of a response, which is an error from a number on.
func finish(span trace.Span, status int, complete bool, mistake int) {
	if status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	kind := ""
	switch {
	case !complete || status == 0:
		kind = aborted
	case status >= mistake:
		kind = strconv.Itoa(status)
	default:
		return
	}
	span.SetAttributes(attribute.String("error.type", kind))
	span.SetStatus(codes.Error, "")
}

// methodOf returns a method of which there are few, for names.
func methodOf(method string) string {
	switch method {
	case "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE":
		return method
	}
	return "HTTP"
}

func methodAttributes(method string) []attribute.KeyValue {
	if known := methodOf(method); known != "HTTP" {
		return []attribute.KeyValue{attribute.String("http.request.method", known)}
	}
	return []attribute.KeyValue{attribute.String("http.request.method", "_OTHER"), attribute.String("http.request.method_original", method)}
}

func ofRequest(r *http.Request, public *forward.Public) []attribute.KeyValue {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	version := strconv.Itoa(r.ProtoMajor)
	if r.ProtoMajor == 1 {
		version += "." + strconv.Itoa(r.ProtoMinor)
	}
	all := append(methodAttributes(r.Method),
		attribute.String("url.scheme", public.Scheme), attribute.String("url.path", path), attribute.String("network.protocol.version", version))
	all = append(all, address(public.Host)...)
	if public.Client != "" {
		all = append(all, attribute.String("client.address", public.Client))
	}
	if agent := r.Header.Get("User-Agent"); agent != "" {
		all = append(all, attribute.String("user_agent.original", agent))
	}
	return all
}

func toUpstream(r *http.Request, upstream *url.URL) []attribute.KeyValue {
	all := append(methodAttributes(r.Method), attribute.String("url.full", upstream.Scheme+"://"+upstream.Host+upstream.EscapedPath()))
	host := upstream.Host
	if upstream.Port() == "" {
		host += map[string]string{"http": ":80", "https": ":443"}[upstream.Scheme]
	}
	return append(all, address(host)...)
}

// address returns the attributes of a host with or without a port.
func address(host string) []attribute.KeyValue {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return []attribute.KeyValue{attribute.String("server.address", strings.Trim(host, "[]"))}
	}
	all := []attribute.KeyValue{attribute.String("server.address", name)}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		all = append(all, attribute.Int("server.port", int(n)))
	}
	return all
}
