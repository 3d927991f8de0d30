package gateway_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestHTTPSUpstream checks that an https upstream gets HTTP/2 with the target
// unchanged, and HTTP/1.1 for a WebSocket, and that its certificate is
// verified.
func TestHTTPSUpstream(t *testing.T) {
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
			if err == nil {
				conn.Close(websocket.StatusNormalClosure, "bye")
			}
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Trailer", "X-Sum, Access-Control-Max-Age")
		_, _ = io.WriteString(w, r.Proto+" "+r.RequestURI)
		w.Header().Set("X-Sum", "42")
		w.Header().Set("Access-Control-Max-Age", "1")
	}))
	upstream.EnableHTTP2 = true
	upstream.Config.ErrorLog = log.New(io.Discard, "", 0)
	upstream.StartTLS()
	t.Cleanup(upstream.Close)
	before := start(t, one(t, upstream.URL), gateway.Options{}).URL
	trust(t, upstream)
	for _, target := range []string{"/", "/a//b?c;d", "//a%2Fb", "//a|b?", "/a|b"} {
		answer := send(t, before, "GET "+target+" HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\nOrigin: "+app+"\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if body, _ := io.ReadAll(r.Body); string(body) != "HTTP/2.0 "+target {
			t.Errorf("%s: status %d, %q", target, r.StatusCode, body)
		}
		checkOne(t, r.Header)
		checkCORS(t, r.Trailer)
		if r.Trailer.Get("X-Sum") != "42" {
			t.Errorf("trailer %v", r.Trailer)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, before, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure || res.StatusCode != 101 {
		t.Errorf("status %d, %v", res.StatusCode, err)
	}

	// The certificate does not have this name.
	other := one(t, "https://localhost"+upstream.URL[len("https://127.0.0.1"):])
	if r := do(t, http.MethodGet, start(t, other, gateway.Options{}).URL, map[string]string{"Origin": app}); r.StatusCode != 502 {
		t.Errorf("status %d for a certificate that is not valid", r.StatusCode)
	}
}

// TestHTTPSUpstreamWithoutHTTP2 checks that connections to an https upstream
// that speaks HTTP/1.1 work, and are used again: what TLS itself sends is not
// taken for surplus of a response.
func TestHTTPSUpstreamWithoutHTTP2(t *testing.T) {
	var connections atomic.Int64
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	upstream.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	upstream.StartTLS()
	t.Cleanup(upstream.Close)
	g := start(t, one(t, upstream.URL), gateway.Options{})
	trust(t, upstream)
	for range 50 {
		client := dial(t, g)
		for range 4 {
			client.write(postHead + sized + "\r\n" + sizedBody)
			if res := client.response(); res.StatusCode != 200 {
				t.Fatalf("status %d", res.StatusCode)
			}
		}
		client.conn.Close()
	}
	if n := connections.Load(); n > 10 {
		t.Errorf("%d connections", n)
	}
}
