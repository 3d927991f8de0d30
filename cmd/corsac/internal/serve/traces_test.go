package serve_test

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	wire "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collecting is a collector that keeps spans, and what was wrong.
type collecting struct {
	mu    sync.Mutex
	spans []*wire.Span
	about map[string]string
	wrong []string
	busy  int // requests that are answered with 503 first
}

// startCollector starts a collector to which the environment of the test leads.
func startCollector(t *testing.T) *collecting {
	t.Helper()
	c := &collecting{about: map[string]string{}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	return c
}

// ServeHTTP implements [http.Handler].
func (c *collecting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy > 0 {
		c.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("X-Key") != "a b" || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.wrong = append(c.wrong, fmt.Sprint(r.URL, r.Header))
	}
	var m collector.ExportTraceServiceRequest
	if unpacked, err := gzip.NewReader(r.Body); err != nil {
		c.wrong = append(c.wrong, err.Error())
	} else if body, err := io.ReadAll(unpacked); err != nil || proto.Unmarshal(body, &m) != nil {
		c.wrong = append(c.wrong, "it is no message")
	}
	for _, of := range m.GetResourceSpans() {
		for _, a := range of.GetResource().GetAttributes() {
			c.about[a.GetKey()] = a.GetValue().GetStringValue()
		}
		for _, in := range of.GetScopeSpans() {
			c.spans = append(c.spans, in.GetSpans()...)
		}
	}
}

// described returns a span in one line.
func described(s *wire.Span) string {
	all := []string{}
	for _, a := range s.GetAttributes() {
		value := a.GetValue().GetStringValue()
		if n, ok := a.GetValue().GetValue().(*common.AnyValue_IntValue); ok {
			value = fmt.Sprint(n.IntValue)
		}
		switch a.GetKey() {
		case "server.port", "server.address", "client.address", "url.full": // they differ
			value = "…"
		}
		all = append(all, a.GetKey()+"="+value)
	}
	slices.Sort(all)
	return fmt.Sprintf("%s %s %s %s", s.GetKind(), s.GetName(), s.GetStatus().GetCode(), strings.Join(all, " "))
}

// TestTraces checks the spans of requests, that they belong to the trace of the client
// and the upstream to theirs, and that the last ones are sent when serve stops.
func TestTraces(t *testing.T) {
	c := startCollector(t)
	c.busy = 1
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
	seen := make(chan http.Header, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	defer upstream.Close()
	text := fileFor(upstream.URL, first, "127.0.0.1:0") +
		"    - {path: /down, upstream: \"http://127.0.0.1:1\", policy: app}\n    - {path: /guarded, upstream: \"http://127.0.0.1:1\", policy: app, hide_origin: true}\n"
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	send := func(method, path string, headers ...string) {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		r.Header.Set("User-Agent", "a\xffb")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	send("GET", "/a?secret=1", "Origin: "+first, "Traceparent: 00-"+trace+"-b7ad6b7169203331-01", "Tracestate: x=y")
	forwarded := <-seen
	send("OPTIONS", "/a", "Origin: "+second, "Access-Control-Request-Method: GET")
	send("BREW", "/down/x")
	send("GET", "/guarded", "Origin: "+second)
	send("GET", "/a/..%2fguarded", "Origin: "+second)                  // which the gateway answers itself
	send("GET", "/a", "Traceparent: 00-"+trace+"-b7ad6b7169203331-00") // not to be recorded
	<-seen
	s.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	var got []string
	for _, span := range c.spans {
		got = append(got, described(span))
	}
	slices.Sort(got)
	const agent = " url.scheme=http user_agent.original=a\uFFFDb"
	want := []string{
		"SPAN_KIND_CLIENT GET STATUS_CODE_UNSET http.request.method=GET http.response.status_code=200 server.address=… server.port=… url.full=…",
		"SPAN_KIND_CLIENT HTTP STATUS_CODE_ERROR error.type=upstream-unreachable http.request.method=_OTHER http.request.method_original=BREW server.address=… server.port=… url.full=…",
		"SPAN_KIND_SERVER GET / STATUS_CODE_UNSET client.address=… corsac.kind=actual corsac.policy=app corsac.reason=origin-not-allowed corsac.route=/ corsac.verdict=refused http.request.method=GET http.response.status_code=400 http.route=/ network.protocol.version=1.1 server.address=… server.port=… url.path=/a/..%2fguarded" + agent,
		"SPAN_KIND_SERVER GET / STATUS_CODE_UNSET client.address=… corsac.kind=actual corsac.policy=app corsac.reason=permitted corsac.route=/ corsac.verdict=allowed http.request.method=GET http.response.status_code=200 http.route=/ network.protocol.version=1.1 server.address=… server.port=… url.path=/a" + agent,
		"SPAN_KIND_SERVER GET /guarded STATUS_CODE_UNSET client.address=… corsac.kind=actual corsac.policy=app corsac.reason=origin-not-allowed corsac.refused_by=hide_origin corsac.route=/guarded corsac.verdict=refused http.request.method=GET http.response.status_code=403 http.route=/guarded network.protocol.version=1.1 server.address=… server.port=… url.path=/guarded" + agent,
		"SPAN_KIND_SERVER HTTP /down STATUS_CODE_ERROR client.address=… corsac.kind=none corsac.policy=app corsac.reason=no-origin corsac.route=/down corsac.verdict=none error.type=502 http.request.method=_OTHER http.request.method_original=BREW http.response.status_code=502 http.route=/down network.protocol.version=1.1 server.address=… server.port=… url.path=/down/x" + agent,
		"SPAN_KIND_SERVER OPTIONS / STATUS_CODE_UNSET client.address=… corsac.kind=preflight corsac.policy=app corsac.reason=origin-not-allowed corsac.route=/ corsac.verdict=refused http.request.method=OPTIONS http.response.status_code=403 http.route=/ network.protocol.version=1.1 server.address=… server.port=… url.path=/a" + agent,
	}
	if !slices.Equal(got, want) {
		t.Errorf("spans:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, span := range c.spans {
		if span.GetKind() == wire.Span_SPAN_KIND_CLIENT && hex.EncodeToString(span.GetTraceId()) == trace {
			if want := "00-" + trace + "-" + hex.EncodeToString(span.GetSpanId()) + "-01"; forwarded.Get("Traceparent") != want || forwarded.Get("Tracestate") != "x=y" {
				t.Errorf("the upstream gets %v, not %s", forwarded, want)
			}
		}
	}
	if len(c.wrong) > 0 || c.about["service.name"] != "corsac" || c.about["deployment.environment.name"] != "test" {
		t.Errorf("%v %v", c.wrong, c.about)
	}
}

// TestTraceHeadersOfRoutes checks that the trace headers that a route sets or removes are
// what the server gets, and that the state of one trace never goes with the parent of
// another.
func TestTraceHeadersOfRoutes(t *testing.T) {
	startCollector(t)
	seen := make(chan http.Header, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	defer upstream.Close()
	const parent = "00-11111111111111111111111111111111-2222222222222222-01"
	const came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	text := fileFor(upstream.URL, first, "127.0.0.1:0")
	for path, option := range map[string]string{
		"/parent": "set_headers: {traceparent: " + parent + "}", "/both": "set_headers: {Traceparent: " + parent + ", Tracestate: a=b}",
		"/state": "set_headers: {Tracestate: a=b}", "/none": "remove_headers: [Traceparent]", "/stateless": "remove_headers: [tracestate]",
	} {
		text += fmt.Sprintf("    - {path: %s, upstream: %q, policy: app, %s}\n", path, upstream.URL, option)
	}
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	const ours = "of the gateway"
	for path, want := range map[string]string{
		"/x": ours + "|x=y", "/parent": parent + "|", "/both": parent + "|a=b", "/state": ours + "|a=b", "/none": "|", "/stateless": ours + "|",
	} {
		s.raw(s.address(), "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTraceparent: "+came+"\r\nTracestate: x=y\r\n\r\n")
		h := <-seen
		got := strings.Join(h["Traceparent"], ",")
		if strings.HasPrefix(got, came[:36]) && got != came {
			got = ours
		}
		if got += "|" + strings.Join(h["Tracestate"], ","); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestTracesOfDeadCollector checks that requests are answered all the same, that the
// log says what is lost without the password of the collector, and that serve ends.
func TestTracesOfDeadCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://me:password@127.0.0.1:1/x")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), fileFor(echo(t), first, "127.0.0.1:0"), nil)
	for range 20 {
		if got, _ := s.allowed(first); got != first {
			t.Errorf("%q", got)
		}
	}
	await(t, "the log says so", func() bool { return strings.Contains(s.log.String(), `msg="traces are lost"`) })
	begin := time.Now()
	s.end()
	if took := time.Since(begin); took > 10*time.Second || strings.Contains(s.log.String(), "password") {
		t.Errorf("%v\n%s", took, s.log)
	}
}

// TestTracesOff checks that wrong words in the environment keep nobody from serving.
func TestTracesOff(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), fileFor(echo(t), first, "127.0.0.1:0"), nil)
	if got, _ := s.allowed(first); got != first || !strings.Contains(s.log.String(), "traces are off") || !strings.Contains(s.log.String(), "http/protobuf") {
		t.Errorf("%q %s", got, s.log)
	}
}

// TestTracesBehindProxy checks that spans have the client, the scheme and the host that a
// trusted proxy has.
func TestTracesBehindProxy(t *testing.T) {
	c := startCollector(t)
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer upstream.Close()
	text := within(fileFor(upstream.URL, first, "127.0.0.1:0"), "  trusted_proxies: [127.0.0.1]\n", "timeout: 5s")
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	s.raw(s.address(), "GET / HTTP/1.1\r\nHost: in.example\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: pub.example:8443\r\n\r\n")
	s.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	got := map[string]string{}
	for _, span := range c.spans {
		if span.GetKind() != wire.Span_SPAN_KIND_SERVER {
			continue
		}
		for _, a := range span.GetAttributes() {
			got[a.GetKey()] = a.GetValue().GetStringValue()
			if n, ok := a.GetValue().GetValue().(*common.AnyValue_IntValue); ok {
				got[a.GetKey()] = fmt.Sprint(n.IntValue)
			}
		}
	}
	if got["client.address"] != "198.51.100.1" || got["url.scheme"] != "https" || got["server.address"] != "pub.example" || got["server.port"] != "8443" {
		t.Errorf("%v", got)
	}
}
