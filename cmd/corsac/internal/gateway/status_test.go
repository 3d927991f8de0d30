package gateway_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// trust makes this process trust the certificate of httptest servers. Roots are
// read only once, at the first TLS connection, so all tests that need them
// trust the same one.
func trust(t *testing.T, server *httptest.Server) {
	t.Helper()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
}

// startHTTP2 starts an upstream that answers every request over HTTP/2 with
// these statuses, one header block per status, and returns its URL.
func startHTTP2(t *testing.T, statuses ...string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	trust(t, server)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveHTTP2(conn, statuses)
		}
	}()
	return "https://" + l.Addr().String()
}

func serveHTTP2(conn net.Conn, statuses []string) {
	defer conn.Close()
	if _, err := io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	var block strings.Builder
	encoder := hpack.NewEncoder(&block)
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			for i, status := range statuses {
				block.Reset()
				_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: status})
				_ = framer.WriteHeaders(http2.HeadersFrameParam{
					StreamID: f.StreamID, BlockFragment: []byte(block.String()), EndHeaders: true, EndStream: i == len(statuses)-1,
				})
			}
		}
	}
}

// checkStatus checks the response that a page gets from the gateway for an
// upstream.
func checkStatus(t *testing.T, upstream string, want int) {
	t.Helper()
	g, errors := startLogged(t, one(t, upstream))
	r := do(t, http.MethodGet, g.URL, map[string]string{"Origin": app})
	checkOne(t, r.Header)
	if r.StatusCode != want {
		t.Errorf("status %d, want %d", r.StatusCode, want)
	}
	if s := errors.String(); s != "" {
		t.Errorf("logged: %s", s)
	}
}

// TestOddStatus checks that a status that is invalid, or never final, is a
// failure of the upstream, and that the page can read that.
func TestOddStatus(t *testing.T) {
	for status, want := range map[string]int{
		"000": 502, "001": 502, "042": 502, "099": 502, "100": 502, "1000": 502, "-01": 502, "2": 502, "abc": 502,
		"101 Switching Protocols": 502, "200": 200, "299": 299, "600": 600, "999": 999,
	} {
		t.Run("HTTP/1.1 "+status, func(t *testing.T) {
			checkStatus(t, startRaw(t, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").url, want)
		})
	}
	for statuses, want := range map[string]int{
		"000": 502, "0": 502, "99": 502, "1000": 502, "-1": 502, "103": 502, "101": 502, "600": 600, "999": 999,
		"103 200": 200, "101 200": 200, "100 204": 204, "199 404": 404, "102 000": 502,
	} {
		t.Run("HTTP/2 "+statuses, func(t *testing.T) {
			checkStatus(t, startHTTP2(t, strings.Fields(statuses)...), want)
		})
	}
}

// TestSwitchNobodyAskedFor checks that an upstream that switches protocols
// without being asked, or to another protocol, has failed, and that nothing is
// tunnelled.
func TestSwitchNobodyAskedFor(t *testing.T) {
	for _, c := range []struct{ asked, switched string }{
		{"", ""},
		{"", "Connection: Upgrade\r\nUpgrade: websocket\r\n"},
		{"Connection: Upgrade\r\nUpgrade: websocket\r\n", ""},
		{"Connection: Upgrade\r\nUpgrade: websocket\r\n", "Connection: Upgrade\r\nUpgrade: other\r\n"},
	} {
		upstream := startRaw(t, "HTTP/1.1 101 Switching Protocols\r\n"+c.switched+"\r\n")
		g, errors := startLogged(t, one(t, upstream.url))
		client := dial(t, g)
		client.write("GET / HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n" + c.asked + "\r\n")
		res := client.response()
		checkOne(t, res.Header)
		if res.StatusCode != http.StatusBadGateway {
			t.Errorf("asked for %q, switched to %q: status %d", c.asked, c.switched, res.StatusCode)
		}
		if s := errors.String(); s != "" {
			t.Errorf("logged: %s", s)
		}
		select {
		case <-upstream.closed:
		case <-time.After(30 * time.Second):
			t.Errorf("asked for %q, switched to %q: the connection to the upstream stays open", c.asked, c.switched)
		}
	}
}

// TestInterimResponseToHTTP10 checks that HTTP/1.0 clients get no interim
// responses (RFC 9110 §15.2).
func TestInterimResponseToHTTP10(t *testing.T) {
	upstream := startRaw(t, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+okResponse)
	g := start(t, one(t, upstream.url), gateway.Options{})
	if answer := send(t, g.URL, "GET / HTTP/1.0\r\nHost: x\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 200 ") {
		t.Errorf("answer %q", answer)
	}
}
