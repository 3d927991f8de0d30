package extproc_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	modev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

const app = "https://app.example.com"

const file = `
policies:
  app: {allow_origins: [https://app.example.com], allow_methods: [PUT], allow_headers: [X-A], expose_headers: [X-Total], allow_credentials: true, max_age: 1h}
  public: {allow_origins: ["*"], allow_methods: ["*"], allow_headers: ["*"], allow_timing: true, resource_policy: cross-origin}
  hidden: {allow_origins: [https://app.example.com, "https://*.example.org"], allow_methods: ["*"], allow_headers: ["*"], allow_credentials: true}
gateway:
  ext_proc: 127.0.0.1:9002
  routes:
    - {path: /app, policy: app}
    - {path: /public, policy: public}
    - {path: /hidden, policy: hidden, hide_origin: true, set_headers: {X-Api: "2"}, remove_headers: [Cookie]}
    - {path: /writes, policy: app, refuse_cross_origin_writes: true}
    - {path: /any, policy: hidden}
`

// TestRequests checks what becomes of requests.
func TestRequests(t *testing.T) {
	e := start(t, file)
	evil := "https://evil.example"
	for _, tt := range []struct {
		name, method, path string
		header             []string // name, value, …
		forwarded          bool
		status             int
		want               []string // fields of the response that are about CORS
	}{
		{"preflight", "OPTIONS", "/app/x?y", []string{"Origin", app, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a"}, false, 204, []string{
			"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Headers: x-a", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Origin: " + app, "Access-Control-Max-Age: 3600", "Vary: Origin",
		}},
		{"refused preflight", "OPTIONS", "/app", []string{"Origin", evil, "Access-Control-Request-Method", "PUT"}, false, 403, nil},
		{"request", "GET", "/app", []string{"Origin", app}, true, 200, []string{
			"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Vary: Origin, Accept",
		}},
		{"refused request", "GET", "/app", []string{"Origin", evil}, true, 200, []string{"Vary: Origin, Accept"}},
		{"request without origin", "GET", "/app", nil, true, 200, []string{"Vary: Origin, Accept"}},
		{"plain OPTIONS", "OPTIONS", "/app", []string{"Origin", app}, true, 200, []string{
			"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Vary: Origin, Accept",
		}},
		{"public", "GET", "/public", []string{"Origin", evil}, true, 200, []string{
			"Access-Control-Allow-Origin: *", "Cross-Origin-Resource-Policy: cross-origin", "Timing-Allow-Origin: *", "Vary: Accept",
		}},
		{"no route", "GET", "/other", []string{"Origin", app}, true, 200, []string{"Access-Control-Allow-Origin: https://upstream.example", "Access-Control-Private: 1", "Timing-Allow-Origin: x", "Vary: Accept"}},
		{"no route, preflight", "OPTIONS", "/other", []string{"Origin", app, "Access-Control-Request-Method", "PUT"}, true, 200, []string{"Access-Control-Allow-Origin: https://upstream.example", "Access-Control-Private: 1", "Timing-Allow-Origin: x", "Vary: Accept"}},
		{"another reading", "GET", "/public/..%2fapp", []string{"Origin", app}, false, 400, []string{"Access-Control-Allow-Origin: *", "Cross-Origin-Resource-Policy: cross-origin", "Timing-Allow-Origin: *"}},
		{"malformed path", "GET", "/app/100%", []string{"Origin", app}, false, 400, []string{
			"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Vary: Origin",
		}},
		{"hidden origin, refused", "GET", "/hidden", []string{"Origin", evil}, false, 403, []string{"Vary: Origin"}},
		{"write of another origin", "POST", "/writes", []string{"Origin", evil}, false, 403, []string{"Vary: Origin"}},
		{"handshake of another origin", "GET", "/app", []string{"Origin", evil, "Upgrade", "websocket", "Connection", "upgrade"}, false, 403, []string{"Vary: Origin"}},
		{"page of the same origin", "POST", "/writes", []string{"Origin", "https://api.example"}, true, 200, []string{"Vary: Origin, Accept"}},
		{"a large header", "GET", "/app", []string{"Origin", app, "X-Large", strings.Repeat("x", 128<<10)}, false, 431, []string{
			"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Vary: Origin",
		}},
		{"no route, a large header", "GET", "/other", []string{"X-Large", strings.Repeat("x", 128<<10)}, true, 200, []string{"Access-Control-Allow-Origin: https://upstream.example", "Access-Control-Private: 1", "Timing-Allow-Origin: x", "Vary: Accept"}},
		{"all of the server", "OPTIONS", "*", []string{"Origin", app}, true, 200, []string{"Access-Control-Allow-Origin: https://upstream.example", "Access-Control-Private: 1", "Timing-Allow-Origin: x", "Vary: Accept"}},
		{"repeated origin", "GET", "/app", []string{"Origin", app, "Origin", app}, true, 200, []string{"Vary: Origin, Accept"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(tt.header); i += 2 {
				h.Add(tt.header[i], tt.header[i+1])
			}
			got := e.exchange(t, tt.method, tt.path, h, http.Header{
				"Access-Control-Allow-Origin": {"https://upstream.example"}, "Access-Control-Private": {"1"}, "Timing-Allow-Origin": {"x"}, "Vary": {"Accept"}, "X-Total": {"1"},
			})
			if got.forwarded != nil != tt.forwarded || got.status != tt.status {
				t.Fatalf("%+v", got)
			}
			var about []string
			for name, lines := range got.header {
				if strings.HasPrefix(name, "Access-Control-") || name == "Vary" || name == "Timing-Allow-Origin" && tt.name != "request" || name == "Cross-Origin-Resource-Policy" {
					about = append(about, name+": "+strings.Join(lines, " | "))
				}
			}
			about = slices.DeleteFunc(about, func(s string) bool { return s == "Timing-Allow-Origin: x" && !slices.Contains(tt.want, s) }) // the policy leaves it
			if !slices.Equal(sorted(about), sorted(slices.Clone(tt.want))) {
				t.Errorf("got %q, want %q", about, tt.want)
			}
			if !tt.forwarded && tt.status >= 400 && tt.method != "OPTIONS" && !strings.HasPrefix(got.body, `{"status":`) {
				t.Errorf("body %q", got.body)
			}
		})
	}
}

// TestHeadersOfRequests checks what the options of a route change in requests.
func TestHeadersOfRequests(t *testing.T) {
	e := start(t, file)
	got := e.exchange(t, "GET", "/hidden", http.Header{"Origin": {app}, "Cookie": {"a=b"}, "X-Api": {"1"}, "Sec-Fetch-Mode": {"cors"}, "Accept": {"a", "b"}}, http.Header{})
	if want := (http.Header{"X-Api": {"2"}, "Accept": {"a", "b"}}); !reflect.DeepEqual(got.forwarded, want) {
		t.Errorf("the upstream gets %v, want %v", got.forwarded, want)
	}
	if got.header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("%v", got.header)
	}
}

// TestAsMiddleware compares random requests with what the middleware of the same policy
// does.
func TestAsMiddleware(t *testing.T) {
	e := start(t, file)
	c, err := config.Parse("corsac.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	routes := map[string]string{"/app": "app", "/public": "public", "/any": "hidden"}
	for range 1500 {
		path := pick("/app", "/public", "/any")
		method := pick("GET", "PUT", "OPTIONS", "OPTIONS", "HEAD")
		header, upstream := http.Header{}, http.Header{}
		for _, f := range []struct {
			to     http.Header
			name   string
			values []string
		}{
			{header, "Origin", []string{app, "https://a.example.org", "https://evil.example", "null", "x", "http://app.example.com", "https://APP.example.com"}},
			{header, "Access-Control-Request-Method", []string{"PUT", "DELETE", "GET", "", "a b"}},
			{header, "Access-Control-Request-Headers", []string{"x-a", "X-A, x-b", "authorization", ",", "x-a,,x-a", "é"}},
			{header, "Cookie", []string{"a=b"}},
			{upstream, "Vary", []string{"Origin", "Accept, origin", "*", ""}},
			{upstream, "Access-Control-Allow-Origin", []string{"*", "https://other.example"}},
			{upstream, "Access-Control-Future", []string{"1"}},
			{upstream, "Cross-Origin-Resource-Policy", []string{"same-origin"}},
			{upstream, "Timing-Allow-Origin", []string{"*"}},
			{upstream, "Set-Cookie", []string{"a=b; Path=/"}},
		} {
			for range r.IntN(4) - 1 {
				f.to.Add(f.name, pick(f.values...))
			}
		}
		m, err := c.Middleware(routes[path])
		if err != nil {
			t.Fatal(err)
		}
		ask := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		ask.Header = header.Clone()
		want := httptest.NewRecorder()
		passed := false
		m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			passed = true
			for name, lines := range upstream.Clone() {
				w.Header()[name] = lines
			}
			w.WriteHeader(http.StatusOK)
		})).ServeHTTP(want, ask)
		got := e.exchange(t, method, path, header, upstream)
		if passed != (got.forwarded != nil) || want.Code != got.status || !sameHeaders(want.Header(), got.header) {
			t.Fatalf("%s %s %v, upstream %v:\ngot  %+v\nwant %d %v", method, path, header, upstream, got, want.Code, want.Header())
		}
		if passed && !sameHeaders(header, got.forwarded) {
			t.Fatalf("%v: the upstream gets %v", header, got.forwarded)
		}
	}
}

// sameHeaders compares headers whose lines may be joined.
func sameHeaders(a, b http.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for name, lines := range a {
		if strings.Join(lines, ", ") != strings.Join(b[name], ", ") {
			return false
		}
	}
	return true
}

var (
	body     = &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{RequestBody: &extprocv3.HttpBody{Body: []byte("x")}}}
	trailers = &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestTrailers{RequestTrailers: &extprocv3.HttpTrailers{}}}
	back     = &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseBody{ResponseBody: &extprocv3.HttpBody{Body: []byte("x"), EndOfStream: true}}}
	nothing  = &extprocv3.ProcessingRequest{}
)

// TestOrder checks streams with other messages than those that are expected, and in
// another order.
func TestOrder(t *testing.T) {
	e := start(t, file)
	get := request(of("GET", "/app", "origin", app)...)
	preflight := request(of("OPTIONS", "/app", "origin", app, "access-control-request-method", "PUT")...)
	ok := response(":status", "200")
	many := make([]string, 0, 30000)
	for range 11000 {
		many = append(many, "x", "y")
	}
	for _, tt := range []struct {
		name     string
		messages []*extprocv3.ProcessingRequest
		answers  string
		code     codes.Code
	}{
		{"nothing", nil, "", codes.OK},
		{"both headers", []*extprocv3.ProcessingRequest{get, ok}, "RequestHeaders ResponseHeaders", codes.OK},
		{"no response", []*extprocv3.ProcessingRequest{get}, "RequestHeaders", codes.OK},
		{"bodies and trailers", []*extprocv3.ProcessingRequest{get, body, body, trailers, nothing, ok}, "RequestHeaders RequestBody RequestBody RequestTrailers ResponseHeaders", codes.OK},
		{"after the preflight", []*extprocv3.ProcessingRequest{preflight}, "ImmediateResponse", codes.OK},
		{"a response only", []*extprocv3.ProcessingRequest{ok, back}, "ResponseHeaders ResponseBody", codes.OK},
		{"a body first", []*extprocv3.ProcessingRequest{body, get}, "RequestBody", codes.InvalidArgument},
		{"two requests", []*extprocv3.ProcessingRequest{get, get}, "RequestHeaders", codes.InvalidArgument},
		{"no method", []*extprocv3.ProcessingRequest{request(":path", "/")}, "", codes.InvalidArgument},
		{"no path", []*extprocv3.ProcessingRequest{request(":method", "GET")}, "", codes.InvalidArgument},
		{"no authority", []*extprocv3.ProcessingRequest{request(":method", "GET", ":path", "/app"), ok}, "RequestHeaders ResponseHeaders", codes.OK},
		{"path twice", []*extprocv3.ProcessingRequest{request(of("GET", "/app", ":path", "/public")...)}, "", codes.InvalidArgument},
		{"bad name", []*extprocv3.ProcessingRequest{request(of("GET", "/app", "a b", "c")...)}, "", codes.InvalidArgument},
		{"bad value", []*extprocv3.ProcessingRequest{request(of("GET", "/app", "a", "c\r\nd: e")...)}, "", codes.InvalidArgument},
		{"no status", []*extprocv3.ProcessingRequest{get, response("a", "b")}, "RequestHeaders", codes.InvalidArgument},
		{"bad status", []*extprocv3.ProcessingRequest{get, response(":status", "2000")}, "RequestHeaders", codes.InvalidArgument},
		{"switching protocols", []*extprocv3.ProcessingRequest{get, response(":status", "101")}, "RequestHeaders ResponseHeaders", codes.OK},
		{"tunnel", []*extprocv3.ProcessingRequest{request(":method", "CONNECT", ":authority", "a:443"), ok}, "RequestHeaders ResponseHeaders", codes.OK},
		{"many fields", []*extprocv3.ProcessingRequest{request(of("GET", "/app", many...)...)}, "", codes.InvalidArgument},
		{"a large message", []*extprocv3.ProcessingRequest{request(of("GET", "/app", "a", strings.Repeat("x", 2<<20))...)}, "", codes.ResourceExhausted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers, err := e.play(t.Context(), t, tt.messages...)
			if got := strings.Join(answers, " "); got != tt.answers || status.Code(err) != tt.code {
				t.Errorf("%s, %v; want %s, %v", got, err, tt.answers, tt.code)
			}
		})
	}
}

// TestMode checks that Envoy is asked for headers only, if it sends more.
func TestMode(t *testing.T) {
	e := start(t, file)
	m := request(of("GET", "/app")...)
	for mode, want := range map[modev3.ProcessingMode_BodySendMode]bool{modev3.ProcessingMode_NONE: false, modev3.ProcessingMode_BUFFERED: true} {
		m.ProtocolConfig = &extprocv3.ProtocolConfiguration{ResponseBodyMode: mode}
		s, err := e.Process(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, m).GetModeOverride(); got != nil != want || want && got.GetResponseBodyMode() != modev3.ProcessingMode_NONE {
			t.Errorf("%v: %v", mode, got)
		}
		end(t, s)
	}
}

// TestObservability checks that Envoy gets no answers if it does not wait for them.
func TestObservability(t *testing.T) {
	e := start(t, file)
	for _, m := range []*extprocv3.ProcessingRequest{request(of("GET", "/app", "origin", app)...), request(of("OPTIONS", "/app", "origin", app, "access-control-request-method", "PUT")...), response(":status", "200")} {
		m.ObservabilityMode = true
		if answers, err := e.play(t.Context(), t, m, response(":status", "200")); len(answers) > 0 || err != nil {
			t.Errorf("%v: %v, %v", m, answers, err)
		}
	}
}

// TestLeaks checks that streams which Envoy leaves or breaks off leave nothing behind.
func TestLeaks(t *testing.T) {
	e := start(t, file)
	run := func() {
		for range 100 {
			s, err := e.Process(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ask(t, s, request(of("GET", "/app", "origin", app)...))
			ask(t, s, body)
			_ = s.CloseSend()
			_, _ = s.Recv()
		}
	}
	run()
	before := runtime.NumGoroutine()
	run()
	for range 100 {
		if runtime.NumGoroutine() <= before+5 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}
