package gateway_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
