package gateway_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestPlainRedirects checks that a redirect leads to the host that was asked, however
// a client writes it, and nowhere if there is none: browsers read https:///evil.example
// as https://evil.example.
func TestPlainRedirects(t *testing.T) {
	g, err := gateway.New(one(t, startServer(t, http.NotFoundHandler())), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		port, method, target, host, location string
		status                               int
	}{
		{"443", "GET", "/x", "a.example", "https://a.example/x", 308},
		{"443", "GET", "/x", "A.Example.:80", "https://a.example/x", 308},
		{"8443", "GET", "//evil.example/x", "[::1]:80", "https://[::1]:8443//evil.example/x", 308},
		{"443", "GET", "/evil.example/x", "", "", 400},
		{"443", "GET", "/x", ":80", "", 400},
		{"443", "GET", "/x", "a.example:80:90", "", 400},
		{"443", "GET", "/x", "a.example%2fx", "", 400},
		{"443", "GET", "*", "a.example", "", 400},
		{"443", "TRACE", "/x", "a.example", "", 501},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/", nil)
		r.RequestURI, r.Host = c.target, c.host
		w := httptest.NewRecorder()
		g.Plain(c.port).ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%+v: %d %q", c, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestPlainWaitsForNobody checks that a client gets the answer though it does not send
// the body that it announces.
func TestPlainWaitsForNobody(t *testing.T) {
	g, err := gateway.New(one(t, startServer(t, http.NotFoundHandler())), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: g.Plain("443"), ReadHeaderTimeout: time.Minute}
	defer srv.Close()
	go func() { _ = forward.Serve(srv, l) }()
	for origin, want := range map[string]string{"": "308", "Origin: " + app + "\r\n": "421"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(conn, "POST /x HTTP/1.1\r\nHost: a.example\r\n"+origin+"Content-Length: 10\r\n\r\n")
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+want) {
			t.Errorf("%s: %v, %q", want, err, answer)
		}
	}
}

// TestPlainAccessLog checks the lines of requests over plain http, with what the policy says
// of them.
func TestPlainAccessLog(t *testing.T) {
	log, registry := openAccessLog(t), prometheus.NewRegistry()
	g, err := gateway.New(one(t, startServer(t, http.NotFoundHandler())), gateway.Options{AccessLog: log.Log, Metrics: gateway.NewMetrics(registry)})
	if err != nil {
		t.Fatal(err)
	}
	const judged = `"kind":"actual","allowed":false,"reason":"origin-not-allowed"`
	for _, c := range []struct {
		method, target string
		headers        map[string]string
		want           string
	}{
		{"GET", "/x", nil, `"route":"/","policy":"app","status":308,"bytes":0,"protocol":"HTTP/1.1","kind":"none"`},
		{"GET", "/x", map[string]string{"Origin": evil}, `"status":421,"bytes":247,"protocol":"HTTP/1.1","origin":"` + evil + `",` + judged + `,"answer":"plain-http"`},
		{"OPTIONS", "/x", map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"}, `"status":204,"bytes":0,"protocol":"HTTP/1.1","origin":"` + app + `","kind":"preflight","allowed":true,"reason":"permitted"`},
		{"TRACE", "/x", map[string]string{"Origin": evil}, `"route":"none","status":501,"bytes":131,"protocol":"HTTP/1.1","origin":"` + evil + `",` + judged + `,"answer":"method-not-supported"`},
		{"GET", "/" + strings.Repeat("x", 130<<10), map[string]string{"Origin": evil}, judged + `,"answer":"url-too-long"`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/", nil)
		r.RequestURI, r.Host = c.target, "a.example"
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		g.Plain("443").ServeHTTP(httptest.NewRecorder(), r)
		if got := log.take(); !strings.Contains(got, `"client":"192.0.2.1",`) || !strings.Contains(got, c.want+"}\n") {
			t.Errorf("%s %.20s: %.900s, want %s", c.method, c.target, got, c.want)
		}
	}
	counted := metric(t, registry, "corsac_cors_decisions_total", "reason=origin-not-allowed")
	if counted["allowed=false kind=actual policy=app reason=origin-not-allowed route=/"] != 2 || counted["allowed=false kind=actual policy= reason=origin-not-allowed route=none"] != 1 {
		t.Errorf("%v", counted)
	}
}

// breaking breaks off a response.
type breaking struct{ *httptest.ResponseRecorder }

// Write implements [http.ResponseWriter].
func (breaking) Write([]byte) (int, error) { panic(http.ErrAbortHandler) }

// TestPlainAborted checks that a response that breaks off has its line, which says so.
func TestPlainAborted(t *testing.T) {
	log := openAccessLog(t)
	g, err := gateway.New(one(t, startServer(t, http.NotFoundHandler())), gateway.Options{AccessLog: log.Log})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", nil)
	r.Header.Set("Origin", app)
	func() {
		defer func() { _ = recover() }()
		g.Plain("443").ServeHTTP(breaking{httptest.NewRecorder()}, r)
	}()
	if got := log.take(); !strings.Contains(got, `"status":421,"bytes":0,`) || !strings.Contains(got, `"aborted":true`) {
		t.Errorf("%s", got)
	}
}
