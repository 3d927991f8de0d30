package dev_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestHostWithoutCertificate checks that hosts that cannot get a certificate
// are named, over https only.
func TestHostWithoutCertificate(t *testing.T) {
	for _, https := range []bool{true, false} {
		r := open(t, options{
			https: https, flags: dev.Flags{AllowHosts: []string{"other.test", "*.localhost", "192.168.1.5", "*.test"}},
			file: "dev: {routes: [{host: '{x}.example.com', upstream: ':1'}, {host: '{x}.localhost', upstream: ':1'}]}",
		})
		var log bytes.Buffer
		r.Log = slog.New(slog.NewTextHandler(&log, nil))
		if err := r.Reload(r.Settings); err != nil {
			t.Fatal(err)
		}
		serveUntilEnd(t, r)
		for host, want := range map[string]bool{"other.test": true, "*.test": true, "192.168.1.5": true, "{x}.example.com": true, "*.localhost": false, "{x}.localhost": false} {
			if strings.Contains(log.String(), "host="+host+" ") != (https && want) {
				t.Errorf("https %t: %s: %s", https, host, log.String())
			}
		}
	}
}

// TestHTTPOnHTTPSPort checks that a request over http is redirected to https, so that a
// page can follow it, and that this opens no other host.
func TestHTTPOnHTTPSPort(t *testing.T) {
	const page = "http://localhost:5173"
	var log testenv.Log
	api := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Method+" "+r.RequestURI) })
	r := run(t, options{https: true, flags: dev.Flags{APIs: []string{api}, Web: page, Mode: "add"}, log: slog.New(slog.NewTextHandler(&log, nil))})
	address := strings.TrimPrefix(r.URL(), "https://")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	silent, err := net.Dial("tcp", address) // which must not keep others waiting
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for range 2 {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/a%2Fb?c", strings.NewReader("x"))
		req.Header.Set("Origin", page)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.ProtoMajor != 2 || string(text) != "POST /a%2Fb?c" {
			t.Errorf("%s %s", res.Proto, text)
		}
	}
	for host, want := range map[string][3]string{
		address:        {"307", "https://" + address + "/x", page},
		"evil.example": {"403", "", page},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/x", http.NoBody)
		req.Header.Set("Origin", page)
		req.Host = host
		res, err := client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.Status[:3] != want[0] || res.Header.Get("Location") != want[1] || res.Header.Get("Access-Control-Allow-Origin") != want[2] {
			t.Errorf("%s: %s %v %s", host, res.Status, res.Header, text)
		}
	}
	if log.String() != "" {
		t.Errorf("the log has %s", log.String())
	}
}

// TestWaitsForNobody checks that the answers of corsac dev itself do not wait for a body
// that never comes: that of the inspector, also at an address of its own, and to a
// client without TLS.
func TestWaitsForNobody(t *testing.T) {
	api := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		https bool
		flags dev.Flags
		path  string
	}{
		"redirect":  {true, dev.Flags{APIs: []string{api}}, "/x"},
		"inspector": {false, dev.Flags{APIs: []string{api}}, inspector.Path},
		"aside":     {false, dev.Flags{APIs: []string{api}, Inspector: "localhost:" + testenv.FreePort(t)}, inspector.Path},
	} {
		r := run(t, options{https: c.https, flags: c.flags})
		u, err := url.Parse(r.InspectorURL())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, "POST "+c.path+" HTTP/1.1\r\nHost: "+u.Host+"\r\nContent-Length: 10\r\n\r\n")
		if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
			t.Errorf("%s: %v, %q", name, err, answer)
		}
	}
}
