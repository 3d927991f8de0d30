package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestRefusedByServer checks that pages can read refusals of net/http itself,
// for the first request on a connection and for later ones.
func TestRefusedByServer(t *testing.T) {
	url := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})).URL
	const origin = "\r\nHost: x\r\nOrigin: " + app + "\r\n"
	good := "PUT / HTTP/1.1" + origin + "Content-Length: 2\r\n\r\nhi"
	for _, c := range []struct {
		request string
		status  int
	}{
		{"GET /100% HTTP/1.1" + origin + "\r\n", 400},
		{"GET /%zz?q HTTP/1.1" + origin + "\r\n", 400},
		{"GET / HTTP/1.1\r\nOrigin: " + app + "\r\n\r\n", 400},
		{"GET / HTTP/1.1" + origin + "Bad Name: x\r\n\r\n", 400},
		{"GET / HTTP/1.1" + origin + "Transfer-Encoding: gzip\r\n\r\n", 501},
		{"GET / HTTP/1.1" + origin + "Cookie: " + strings.Repeat("x", 300<<10) + "\r\n\r\n", 431},
		{"GET / HTTP/9.9" + origin + "\r\n", 505},
		{"OPTIONS /100% HTTP/1.1" + origin + "Access-Control-Request-Method: PUT\r\n\r\n", 204},
		{"OPTIONS /100% HTTP/1.1" + origin + "Access-Control-Request-Method: PATCH\r\n\r\n", 403},
	} {
		name, _, _ := strings.Cut(c.request, "\r\n")
		for _, before := range []string{"", good, good + good} {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
			r := bufio.NewReader(conn)
			for i := range strings.Count(before, "hi") {
				_, _ = io.WriteString(conn, good)
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(res.Body); err != nil || string(body) != "hi" {
					t.Fatalf("request %d: %q, %v", i, body, err)
				}
				res.Body.Close()
			}
			_, _ = io.WriteString(conn, c.request)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if res.StatusCode != c.status {
				t.Errorf("%s: status %d, want %d", name, res.StatusCode, c.status)
			}
			if c.status != 403 {
				checkOne(t, res.Header)
			}
			if body, err := io.ReadAll(res.Body); err != nil || c.status >= 400 && c.status != 403 && !strings.Contains(string(body), `"fix":`) {
				t.Errorf("%s: body %q, %v", name, body, err)
			}
			res.Body.Close()
			conn.Close()
		}
	}
}

// TestNotHTTP checks that bytes that are not a request get the response of
// net/http.
func TestNotHTTP(t *testing.T) {
	url := start(t, one(t, "http://127.0.0.1:1"), gateway.Options{}).URL
	for _, request := range []string{"\r\n\r\n", "x\r\n\r\n", "\x16\x03\x01\r\n\r\n"} {
		if answer := send(t, url, request); !strings.HasPrefix(answer, "HTTP/1.1 400 ") {
			t.Errorf("%q: answer %q", request, answer)
		}
	}
}

// TestResponseLikeRefusal checks that a response that looks like a refusal is
// forwarded unchanged.
func TestResponseLikeRefusal(t *testing.T) {
	const body = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	url := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, body)
	})).URL
	for range 3 {
		r := do(t, http.MethodGet, url, map[string]string{"Origin": app})
		if got, _ := io.ReadAll(r.Body); string(got) != body {
			t.Errorf("body %q", got)
		}
	}
}

// TestEnd checks how a gateway says that a response is the last of its connection, from
// that on which begins when the server is to stop. Over HTTP/3, clients refuse a response
// that does so by Connection.
func TestEnd(t *testing.T) {
	var g *gateway.Gateway
	g, err := gateway.New(one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.End()
		http.NotFound(w, r)
	}))), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[int]string{1: "close", 2: "close", 3: ""} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.ProtoMajor, r.RemoteAddr = version, "127.0.0.1:1"
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if got := w.Header().Get("Connection"); got != want || w.Code != http.StatusNotFound {
			t.Errorf("HTTP/%d: %d %q", version, w.Code, got)
		}
	}
}
